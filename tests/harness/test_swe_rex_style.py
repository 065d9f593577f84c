"""The way of SWE-ReX: one shell for a whole task, every action a command in it, driven through the API."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vigiles.api import ShellOutcome
from vigiles.api.sync import SyncEpisode, SyncShell, open_episode
from vigiles.model.act import Act
from vigiles.model.observation.process import ProcessStart
from vigiles.model.observation.shell import ShellState
from vigiles.model.result import Result

pytestmark = pytest.mark.cell

#: What an agent of that kind sends before its first action: tools on the path, a prompt, functions that edit files.
SET_UP = """
export PATH="$PWD/tools:$PATH" PS1='>>> ' WINDOW=100 CURRENT_FILE= PYTHONDONTWRITEBYTECODE=1
mkdir -p tools && printf '#!/bin/sh\\necho "tool: $*"\\n' > tools/submit && chmod +x tools/submit
open() {
  if [ ! -f "$1" ]; then echo "no file $1"; return 1; fi
  export CURRENT_FILE=$(realpath "$1"); head -n "$WINDOW" "$1"
}
edit() { sed -i "$1" "$CURRENT_FILE" && cat "$CURRENT_FILE"; }
"""
ACTIONS = [
    ("pwd && mkdir -p project && cd project && git init -q . 2>/dev/null; echo ready", 0, "ready"),
    ("printf 'def add(a, b):\\n    return a - b\\n' > add.py; echo wrote", 0, "wrote"),
    ("open nothing.py", 1, "no file nothing.py"),
    ("open add.py", 0, "return a - b"),
    ("python3 -c 'import add; assert add.add(1, 2) == 3' 2>/dev/null || echo FAILED $?", 0, "FAILED 1"),
    ("edit 's/a - b/a + b/'", 0, "return a + b"),
    ("python3 -c 'import add; assert add.add(1, 2) == 3'; echo code $?", 0, "code 0"),
    ("false", 1, ""),
    ("echo last was $?", 0, "last was 1"),
    ("cat > notes.txt <<'EOF'\nit's \"quoted\" $HOME\nEOF\nwc -l < notes.txt", 0, "1"),
    ("for i in 1 2 3; do total=$((total + i)); done; echo $total", 0, "6"),
    ("echo $((total * 7))", 0, "42"),
    ("submit all", 0, "tool: all"),
]


@pytest.fixture
def episode(short_folder: Callable[[str], Path]) -> Iterator[SyncEpisode]:
    with open_episode(profile="rl-rollout", workdir=short_folder("w"), home=short_folder("h")) as opened:
        yield opened


def act(shell: SyncShell, number: int, command: str) -> ShellOutcome:
    return shell.run(command, label=f"action-{number}", timeout=30)


def test_a_whole_task_in_one_shell(episode: SyncEpisode) -> None:
    with episode.shell() as shell:
        assert act(shell, 0, SET_UP).exit_code == 0
        outcomes = [act(shell, number, command) for number, (command, _, _) in enumerate(ACTIONS, 1)]
        planted = {name: shell.planted_by(name) for name in ("open", "edit", "PATH", "CURRENT_FILE", "total", "HOME")}
    for outcome, (command, code, told) in zip(outcomes, ACTIONS, strict=True):
        assert (outcome.exit_code, outcome.carried, outcome.lost) == (code, True, ()), command
        assert told in outcome.stdout.decode(), command
    assert planted == {
        "open": 1,
        "edit": 1,
        "PATH": 1,
        "CURRENT_FILE": outcomes[3].call,
        "total": outcomes[10].call,
        "HOME": 0,
    }

    records = episode.records()
    acts = [one for one in records if isinstance(one, Act) and one.tool == "shell"]
    assert [one.coordinates.call for one in acts if one.coordinates] == list(range(1, len(ACTIONS) + 2))
    assert [one.coordinates.label for one in acts if one.coordinates][-1] == f"action-{len(ACTIONS)}"
    results = {one.act: one for one in records if isinstance(one, Result)}
    for outcome in outcomes:
        assert results[outcome.act.id].stdout_sha256 == hashlib.sha256(outcome.stdout).hexdigest()
    starts = [one for one in records if isinstance(one, ProcessStart)]
    assert {one.attribution.grade for one in starts} == {"exact"}
    wc = {one.attribution.call for one in starts if one.exe.endswith("/wc")}
    assert wc == {outcomes[9].call}
    states = [one for one in records if isinstance(one, ShellState)]
    assert [one.state for one in states] == ["carried"] * (len(ACTIONS) + 1)
    assert {one.name for one in states[6].in_force} >= {"open", "edit", "PATH"}
    assert episode.findings() == []


def test_an_action_that_hangs_costs_that_action(episode: SyncEpisode) -> None:
    with episode.shell() as shell:
        shell.run("cd /usr; X=1")
        hung = shell.run("cat; read line; sleep 43.5", timeout=0.5)
        assert (hung.result.error, hung.carried) == ("timeout", False)
        assert shell.run("echo $X $PWD").stdout == b"1 /usr\n"


def test_many_short_actions(episode: SyncEpisode) -> None:
    with episode.shell() as shell:
        for number in range(1, 31):
            assert shell.run("n=$((n + 1)); echo $n").stdout == f"{number}\n".encode()
