"""Other names of what is obeyed, as a work directory has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.sensors import aliases
from vigiles.sensors.aliases import Aliases, settings


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    for name in (".git/hooks", "scripts", "docs", "conf/vscode", "tools/hooks", "deep/er"):
        (folder / name).mkdir(parents=True)
    for link, target in {
        ".git/hooks/pre-commit": "../../scripts/pre-commit",
        "AGENTS.md": "docs/guide.md",
        "deep/er/CLAUDE.md": "../../docs/guide.md",
        ".vscode": "conf/vscode",
        ".envrc": "/etc/profile",
        "plain": "docs/other.md",
        "GEMINI.md": "GEMINI.md",
        ".github": "conf/github",
    }.items():
        os.symlink(target, folder / link)
    return folder


@pytest.mark.parametrize(
    ("path", "flags"),
    [
        ("scripts/pre-commit", ["git_hook"]),
        ("docs/guide.md", ["agent_config"]),
        ("conf/vscode/tasks.json", ["editor_config"]),
        ("conf/vscode/deep/er.json", ["editor_config"]),
        ("conf/github/prompts/x.md", ["agent_config"]),
        ("conf/github/readme.md", []),
        ("scripts/other", []),
        ("docs/other.md", []),
        ("docs", []),
        ("plain", []),
        ("Makefile", ["build"]),
    ],
)
def test_what_a_link_leads_to_has_the_link_s_flags(work: Path, path: str, flags: list[str]) -> None:
    assert Aliases(str(work)).flags(path) == flags


CONFIG = """
[core]
\thooksPath = "tools/my hooks"   ; ours
\tautocrlf = input
\tfsmonitor = "scripts/watch --all"
[init] defaultBranch = docs
[branch "docs"]
\tmerge = refs/heads/docs
[include]
\tpath = ../shared.gitconfig
[alias]
\tgo = !scripts/go now
[filter "x"]
\tclean = bash scripts/clean \\
 %f
"""


@pytest.mark.parametrize(
    ("path", "flags"),
    [
        ("tools/my hooks/pre-push", ["git_hook"]),
        ("shared.gitconfig", ["git_config"]),
        ("scripts/watch", ["git_config"]),
        ("scripts/go", ["git_config"]),
        ("scripts/clean", ["git_config"]),
        ("input", []),
        ("docs", []),
        ("tools/other", []),
    ],
)
@pytest.mark.parametrize("how", ["folder", "file"])
def test_what_git_is_told_to_run_has_its_flags(work: Path, path: str, flags: list[str], how: str) -> None:
    for name in ("watch", "go", "clean"):
        (work / "scripts" / name).touch()
    (work / "input").mkdir()
    (work / ".git/config").write_text(CONFIG)
    if how == "file":  # the work directory of a worktree: its configuration is the repository's
        (work / ".git").rename(work.parent / "repository")
        place = work.parent / "repository/worktrees/one"
        place.mkdir(parents=True)
        (place / "commondir").write_text("../..\n")
        (work / ".git").write_text(f"gitdir: {place}\n")
        if path == "shared.gitconfig":
            (work.parent / "repository/config").write_text(f"[include]\npath = {work}/shared.gitconfig\n")
    assert Aliases(str(work)).flags(path) == flags


def test_what_lies_outside_is_nobody_s_alias(work: Path) -> None:
    (work / ".git/config").write_text("[core]\nhooksPath = /usr/share/hooks\nfsmonitor = ../../etc/passwd\n")
    found = Aliases(str(work))
    assert found.flags("usr/share/hooks/pre-commit") == []
    assert not any(target.startswith(("/", "..")) for target, _ in (*found._links(), *found._configured()))


def test_a_large_work_directory_is_looked_at_in_part_and_that_is_told(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aliases, "MOST", 5)
    found = Aliases(str(work))
    found.flags("x")
    assert found.gaps == {"links of a large work directory": 1}


@pytest.mark.parametrize("kind", ["fifo", "folder", "large", "binary", "link to itself"])
def test_a_hostile_git_holds_nobody_up(tmp_path: Path, kind: str) -> None:
    git = tmp_path / ".git"
    if kind == "fifo":
        os.mkfifo(git)
    elif kind == "folder":
        (git / "config").mkdir(parents=True)
    elif kind == "large":
        git.mkdir()
        (git / "config").write_text("[alias]\n" + 'x = "' * 100_000)
    elif kind == "binary":
        git.write_bytes(b"gitdir: \xff\0/x\n")
    else:
        os.symlink(".git", git)
    assert Aliases(str(tmp_path)).flags("a") == []


def test_settings_are_read_as_git_writes_them() -> None:
    text = '[A "b]c"] x = 1\n y=two words # no\n[d]\n# z = 1\n odd line\nlong = a \\\n  b\n'
    assert list(settings("before = 1\n" + text)) == [("a", "x", "1"), ("a", "y", "two words # no"), ("d", "long", "a    b")]
