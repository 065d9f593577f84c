"""What others run or obey is held whatever it is called: each plant by a real process in a real cell, beside honest git."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.runtime.services import Services

pytestmark = pytest.mark.cell

#: What a person's repository may hold: hooks that are links, a folder of hooks, a shared configuration, a submodule.
SETUP = r"""
git init -q . && git config user.email a@b && git config user.name a
mkdir -p scripts docs conf/vscode tools/hooks .git/modules/objects/refs .git/modules/objects/objects
echo 'exit 0' > scripts/pre-commit && chmod +x scripts/pre-commit && ln -s ../../scripts/pre-commit .git/hooks/pre-commit
echo guide > docs/guide.md && ln -s docs/guide.md AGENTS.md
echo '{}' > conf/vscode/tasks.json && ln -s conf/vscode .vscode
echo '[alias] x = y' > shared.gitconfig && touch scripts/watch docs/plain.md tools/hooks/post-checkout
git add -A && git commit -qm first
git config core.hooksPath tools/hooks && git config include.path ../shared.gitconfig
git config -f .git/modules/objects/config core.bare false && echo 'ref: refs/heads/main' > .git/modules/objects/HEAD
"""
HEAD = "echo 'ref: refs/heads/main' >"
PLANTS = {
    "scripts/pre-commit": "echo evil > scripts/pre-commit",
    "docs/guide.md": "echo evil > docs/guide.md",
    "conf/vscode/tasks.json": "echo evil > conf/vscode/tasks.json",
    "tools/hooks/pre-push": "echo evil > tools/hooks/pre-push",
    "tools/hooks/post-checkout": "rm tools/hooks/post-checkout",
    "shared.gitconfig": "echo evil > shared.gitconfig",
    ".git/modules/objects/config": "echo evil >> .git/modules/objects/config",
    "e/HEAD": f"mkdir -p e c/objects c/refs; {HEAD} e/HEAD; echo ../c > e/commondir; echo evil > c/config",
    "x.git/objects/sub/.git/config": "mkdir -p x.git/objects; git init -q x.git/objects/sub",
    ".git/refs/r/config": f"cd .git/refs; mkdir -p r/objects r/refs; {HEAD} r/HEAD; echo evil > r/config",
    ".git/info": "rm -r .git/info; mkdir i; echo evil > i/attributes; ln -s ../i .git/info",
    ".github": "mkdir -p gh/prompts; echo evil > gh/prompts/x.md; ln -s gh .github",
    ".git/rebase-merge/git-rebase-todo": "mkdir .git/rebase-merge; echo exec evil > .git/rebase-merge/git-rebase-todo",
    ".hg/hgrc": "mkdir .hg; echo evil > .hg/hgrc",
    ".hg": "mkdir h; echo evil > h/hgrc; ln -s h .hg",
    ".jj/repo/config.toml": "mkdir -p .jj/repo; echo evil > .jj/repo/config.toml",
    ".helix/languages.toml": "mkdir .helix; echo evil > .helix/languages.toml",
    ".v\u017fcode/tasks.json": "mkdir .v\u017fcode; echo evil > .v\u017fcode/tasks.json",
    ".vs\u200dcode/tasks.json": "mkdir .vs\u200dcode; echo evil > .vs\u200dcode/tasks.json",
}  # fmt: skip
HONEST = """
echo more >> docs/plain.md; echo new > docs/new.md; git init -q --bare fresh.git; git checkout -qb config
git -c core.hooksPath=/dev/null add -A . ':!fresh.git'; git -c core.hooksPath=/dev/null commit -qm second
ln -s docs/new.md link
"""


@dataclass
class Played:
    """``held``, ``applied``: paths. ``failed``: what the program said if it did not do its work."""

    held: set[str]
    applied: set[str]
    failed: bytes


@pytest.fixture(scope="module")
def played(short_folder: Callable[[str], Path]) -> dict[str, Played]:
    """Play every plant, and honest work, in a cell of its own."""
    if shutil.which("git") is None:
        pytest.skip("git is missing")

    async def play(services: Services, command: str) -> Played:
        work = short_folder("w")
        subprocess.run(["bash", "-ec", SETUP], cwd=work, check=True, capture_output=True)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "65534:65534", work], check=True)
        async with open_episode(profile="coding-agent", workdir=work, services=services) as episode:
            outcome = await episode.call(["bash", "-ec", command], env={"LC_ALL": "C.UTF-8"}, timeout=30)
        applied = episode.applied
        assert applied is not None
        failed = b"" if outcome.exit_code == 0 else outcome.stderr or b"?"
        return Played({one.path for one in applied.held}, set(applied.applied), failed)

    async def main() -> dict[str, Played]:
        async with await Services.start(short_folder("h")) as services:
            return {name: await play(services, command) for name, command in {**PLANTS, "honest": HONEST}.items()}

    return asyncio.run(main())


@pytest.mark.parametrize("path", PLANTS)
def test_a_plant_waits_for_a_person(played: dict[str, Played], path: str) -> None:
    one = played[path]
    assert one.failed == b""
    assert path in one.held
    assert path not in one.applied


def test_honest_work_is_not_held(played: dict[str, Played]) -> None:
    one = played["honest"]
    assert one.failed == b""
    assert one.held == {"fresh.git/config"}, "a new repository's configuration, and nothing else"
    assert one.applied >= {"docs/plain.md", "docs/new.md", "link", ".git/HEAD", ".git/refs/heads/config"}
