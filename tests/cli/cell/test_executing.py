"""``vigiles cell open``, ``exec`` and ``cell close`` as a harness in any language has them."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cell


@pytest.fixture
def cell(start: Any) -> tuple[Any, str]:
    """An open cell: its process and its id."""
    process = start("cell", "open", "--json", "--until-eof", stdin=-1)
    return process, json.loads(process.stdout.readline())["cell"]


def test_a_harness_drives_a_cell(vigiles: Any, start: Any, cell: tuple[Any, str], workdir: Path) -> None:
    process, name = cell
    done = vigiles(
        "exec", "--cell", name, "--label", "c1", "--env", "A=b", "--", "sh", "-c", "cat; echo $A >&2; exit 7", input=b"in"
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, b"in", b"b\n")
    traps = "trap 'echo got; exit 5' INT; echo ready; while :; do sleep 0.05; done"
    running = start("exec", "--cell", name, "--", "sh", "-c", traps)
    assert running.stdout.readline() == b"ready\n"
    done = vigiles("exec", "--json", "--cell", name, "--", "sh", "-c", "echo x > made; kill -9 $$")
    assert done.returncode == 137
    assert json.loads(done.stderr)["call"] == 3
    running.send_signal(signal.SIGINT)
    assert (running.wait(20), running.stdout.read()) == (5, b"got\n")
    done = vigiles("cell", "close", name)
    assert (done.returncode, done.stderr) == (0, b"")
    assert process.wait(20) == 0
    assert (workdir / "made").read_text() == "x\n"
    assert json.loads(process.stderr.read())["calls"] == 3
    for words in (("exec", "--cell", name, "--", "true"), ("cell", "close", name)):
        done = vigiles(*words)
        assert done.returncode == 109
        assert b"has ended (closed)" in done.stderr


def test_it_ends_with_the_harness_that_holds_it(vigiles: Any, cell: tuple[Any, str], wait_for: Callable[..., None]) -> None:
    process, name = cell
    process.stdin.close()
    process.stdin = None
    assert process.wait(20) == 0
    done = vigiles("exec", "--json", "--cell", name, "--", "true")
    assert (done.returncode, json.loads(done.stderr.splitlines()[-1])["error"]["type"]) == (109, "EpisodeOver")


def test_a_run_takes_calls_too(vigiles: Any, start: Any, shared_home: Path, wait_for: Callable[..., None]) -> None:
    running = start("run", "--json", "--", "sh", "-c", "sleep 60")
    wait_for(lambda: list((shared_home / "cells").glob("*.sock")))
    (path,) = (shared_home / "cells").glob("*.sock")
    done = vigiles("exec", "--cell", path.stem, "--", "echo", "hello")
    assert (done.returncode, done.stdout) == (0, b"hello\n"), done.stderr
    assert vigiles("cell", "close", path.stem).returncode == 0
    assert running.wait(20) == 109


@pytest.mark.parametrize(("words", "code"), [(["--env", "A", "x"], 100), (["--env", "1=secret", "x"], 100), (["x"], 105)])
def test_what_cannot_be_used(vigiles: Any, words: list[str], code: int) -> None:
    done = vigiles("exec", "--cell", "ep-none", *words)
    assert done.returncode == code
    assert b"secret" not in done.stderr
    assert b"Traceback" not in done.stderr
