"""`vigiles diff` on real runs: what each call did, what is held back, in table and JSON."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cell

PLANT = """
mkdir -p .git/hooks .vscode
printf '#!/bin/sh\\necho planted\\n' > .git/hooks/pre-commit; chmod 755 .git/hooks/pre-commit
echo '{}' > .vscode/tasks.json; echo 'alias ls=rm' > .bashrc; echo obey > CLAUDE.md; echo code > code.py
"""
CALLS = """
import subprocess
for shell in ('echo 1 > one; chmod 700 old', 'echo 2 > two; mv old new'):
    subprocess.run(shell, shell=True)
"""


def episode_of(done: Any) -> str:
    (line,) = done.stderr.decode().splitlines()
    return str(json.loads(line)["episode"])


def test_an_empty_ledger_and_an_episode_that_is_not(vigiles: Any, home: Path) -> None:
    for words in (["diff"], ["diff", "last"], ["apply"], ["diff", "ep-0123456789"]):
        done = vigiles(*words, "--home", str(home))
        assert done.returncode == 105, words
        assert b"what to do" in done.stderr


def test_what_is_held_is_shown_with_its_difference(vigiles: Any, workdir: Path) -> None:
    (workdir / ".bashrc").write_text("mine\n")
    episode = episode_of(vigiles("run", "--json", "--", "sh", "-c", PLANT))
    done = vigiles("diff", "last")
    told = done.stdout.decode()
    assert done.returncode == 0
    assert told.startswith(f"{episode} of run-")
    assert "call 1 (inferred: no other call lived)" in told
    for line in (
        "--- .bashrc (work directory: mode 644)",
        "-mine",
        "+alias ls=rm",
        "+++ .git/hooks/pre-commit (held)",
        "+echo planted",
        f"take over or discard: vigiles apply {episode}",
    ):
        assert line in told.splitlines()
    assert "code.py" in told
    assert "4 files held back" in told
    narrow = vigiles("diff", episode, env={"COLUMNS": "80"}).stdout.decode()
    assert max(map(len, narrow.partition("held back:")[0].splitlines())) <= 80
    stat = vigiles("diff", "last", "--stat").stdout.decode()
    assert "code.py" not in stat
    assert "7 created, 1 modified" in stat


def test_json_says_all_of_it(vigiles: Any, workdir: Path) -> None:
    run = json.loads(vigiles("run", "--json", "--", "sh", "-c", PLANT).stderr)
    told = json.loads(vigiles("diff", run["episode"], "--json").stdout)
    assert (told["run"], told["episode"], told["workdir"]) == (run["run"], run["episode"], os.path.realpath(workdir))
    assert told["ended"] is True
    (call,) = told["calls"]
    assert (call["call"], call["grade"], call["candidates"]) == (1, "inferred", [])
    code = next(change for change in call["changes"] if change["path"] == "code.py")
    assert isinstance(code.pop("index"), int)
    assert code == {
        "path": "code.py", "change": "created", "kind": "file", "size": 5, "mode": 0o644, "flags": [], "moved_from": None,
        "target": None, "sha256": hashlib.sha256(b"code\n").hexdigest(),
    }  # fmt: skip
    held = {one["path"]: one for one in told["held"]}
    assert set(held) == {".git/hooks/pre-commit", ".vscode/tasks.json", ".bashrc", "CLAUDE.md"}
    assert held["CLAUDE.md"]["diff"][2:] == ["@@ -0,0 +1 @@", "+obey"]
    assert told["not_seen"] == []


def test_each_call_is_by_itself_and_paths_choose(vigiles: Any, script: Any, workdir: Path) -> None:
    (workdir / "old").write_text("some content of its own\n")
    episode = episode_of(vigiles("run", "--json", "--", *script(CALLS)))

    def changes(*words: str) -> dict[int, dict[str, Any]]:
        told = json.loads(vigiles("diff", episode, *words, "--json").stdout)
        return {
            call["call"]: {change["path"]: change["change"] for change in call["changes"]}
            for call in told["calls"]
            if call["call"] is not None
        }

    # The agent itself lives all the while, so what its shells do is its own or theirs.
    told = json.loads(vigiles("diff", episode, "--json").stdout)
    assert {(call["grade"], tuple(call["candidates"])) for call in told["calls"]} == {
        ("ambiguous", (1, 2)),
        ("ambiguous", (1, 3)),
    }
    shown = vigiles("diff", episode).stdout.decode()
    assert "call 1 or 2 (ambiguous: these calls were open at once)" in shown
    assert "new from old" in shown
    assert "two" not in vigiles("diff", episode, "--call", "2").stdout.decode()
    assert "one" in vigiles("diff", episode, "--call", "2").stdout.decode()
    only = vigiles("diff", episode, "new").stdout.decode()
    assert "moved" in only
    assert "one" not in only.replace("none", "")
    assert vigiles("diff", episode, "--call", "99").returncode == 105
    assert changes() == {}


def test_hostile_names_and_contents_cannot_act(vigiles: Any, workdir: Path) -> None:
    program = (
        "import os\n"
        "os.makedirs(b'.vscode')\n"
        "open(b'.vscode/\\x1b[2J\\xe2\\x80\\xaegpj.exe', 'w').write('\\x1b]0;title\\x07\\u202eevil\\n')\n"
        "open(b'.vscode/bad\\xff\\nname', 'w').write('x')\n"
        "os.symlink(b'/etc/\\x1b[1m', b'link\\x1b')\n"
        "open('.envrc', 'wb').write(b'\\0' * 5000)\n"
    )
    (workdir / "plant.py").write_text(program)
    vigiles("run", "--quiet", "--", sys.executable, "-IS", "plant.py")
    told = vigiles("diff", env={"PYTHONIOENCODING": "utf-8"}).stdout
    assert not {byte for byte in told if byte < 32} - {9, 10}
    assert "\u202e" not in told.decode()
    assert ".vscode/\\x1b[2J\\u202egpj.exe" in told.decode()
    assert "bad\\xff\\nname" in told.decode()
    assert "binary, 5000 bytes" in told.decode()
    assert json.loads(vigiles("diff", "--json").stdout)["calls"]


def test_a_run_that_did_nothing(vigiles: Any, short_folder: Callable[[str], Path]) -> None:
    vigiles("run", "--quiet", "--", "true")
    told = vigiles("diff").stdout.decode()
    assert "0 changes, 0 files held back" in told
    assert json.loads(vigiles("diff", "--json").stdout)["calls"] == []
    assert vigiles("apply").stdout.startswith(b"nothing is held back of ep-")


def test_a_list_that_cannot_be_read_does_not_hide_the_rest(vigiles: Any, shared_home: Path) -> None:
    episode = episode_of(vigiles("run", "--json", "--", "sh", "-c", PLANT))
    (shared_home / "held-files" / episode / "held.json").write_text("[]")
    done = vigiles("diff", episode)
    assert done.returncode == 0
    assert "code.py" in done.stdout.decode()
    assert "not seen: held files: " in done.stdout.decode()
    assert vigiles("apply", episode, "--all", "--yes").returncode == 100


def test_what_was_only_counted_is_said(vigiles: Any) -> None:
    many = "import os\nos.mkdir('d')\nfor n in range(6000): os.close(os.open(f'd/{n}', os.O_CREAT))\n"
    vigiles("run", "--quiet", "--", sys.executable, "-ISc", many)
    told = json.loads(vigiles("diff", "--json").stdout)
    listed = sum(len(call["changes"]) for call in told["calls"])
    assert listed + sum(row["count"] for row in told["not_seen"]) == 6001
    shown = vigiles("diff").stdout.decode()
    assert shown.count("\n  created") == 500
    assert "--json has all" in shown
    assert "not seen: file changes" in shown
