"""`vigiles stop`: one run, all runs, none, and one whose supervisor does not answer."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded
from vigiles.runtime.serving import control

pytestmark = pytest.mark.cell


def runs(home: Path) -> list[str]:
    return sorted(live.run for live in control.live(home))


@pytest.fixture
def running(
    start: Any, shared_home: Path, wait_for: Callable[..., None], processes_with: Callable[[str], list[int]]
) -> Callable[[str], tuple[Any, str]]:
    """Start a run whose agent sleeps for the given time; return the process and the run's id."""

    def begin(seconds: str) -> tuple[Any, str]:
        before = set(runs(shared_home))
        process = start("run", "--", "sh", "-c", f"sleep {seconds} & setsid sleep {seconds} & wait")
        wait_for(lambda: len(processes_with(f"sleep\0{seconds}")) == 2)
        (run,) = set(runs(shared_home)) - before
        return process, run

    return begin


def test_nothing_is_running(vigiles: Any) -> None:
    done = vigiles("stop", "--all")
    assert (done.returncode, done.stdout) == (0, b"nothing is running\n")
    assert json.loads(vigiles("stop", "--all", "--json").stdout) == []


def test_a_run_that_is_not_alive_is_not_found(vigiles: Any) -> None:
    done = vigiles("stop", "--run", "run-none")
    told = done.stderr.decode().splitlines()
    assert done.returncode == 105
    assert told[0] == "vigiles: no run run-none is alive"
    assert told[1].startswith("  what to do: ")


@pytest.mark.parametrize("words", [[], ["--all", "--run", "run-1"]])
def test_one_must_say_what_to_stop(vigiles: Any, words: list[str]) -> None:
    assert vigiles("stop", *words).returncode == 100


def test_one_run_is_stopped_and_the_others_go_on(
    vigiles: Any,
    running: Callable[[str], tuple[Any, str]],
    shared_home: Path,
    processes_with: Callable[[str], list[int]],
) -> None:
    (one, first), (two, second) = running("80.25"), running("81.25")
    done = vigiles("stop", "--run", first)
    assert done.returncode == 0
    assert done.stdout.decode().split()[:2] == ["stopped", first]
    assert not processes_with("sleep\x0080.25"), "when the command returns, everything is dead"
    assert one.wait(10) == 109
    assert "the episode was ended (stopped)" in one.stderr.read().decode()
    assert (two.poll(), runs(shared_home)) == (None, [second])
    assert len(processes_with("sleep\x0081.25")) == 2
    with LedgerReader(shared_home) as reader:
        ends = [record.reason for _, record in reader.records(run=first) if isinstance(record, EpisodeEnded)]
    assert ends == ["stopped"]
    assert vigiles("stop", "--all").returncode == 0
    assert two.wait(10) == 109


def test_all_runs_are_stopped(
    vigiles: Any,
    running: Callable[[str], tuple[Any, str]],
    shared_home: Path,
    processes_with: Callable[[str], list[int]],
) -> None:
    begun = [running("82.25"), running("83.25")]
    done = vigiles("stop", "--all", "--json")
    rows = json.loads(done.stdout)
    assert done.returncode == 0
    assert sorted(row["run"] for row in rows) == sorted(run for _, run in begun)
    assert {row["how"] for row in rows} == {"stopped"}
    assert [process.wait(10) for process, _ in begun] == [109, 109]
    assert not processes_with("sleep\x0082.25")
    assert not processes_with("sleep\x0083.25")
    assert runs(shared_home) == []


def test_a_supervisor_that_stands_still_is_killed(
    vigiles: Any,
    running: Callable[[str], tuple[Any, str]],
    processes_with: Callable[[str], list[int]],
    wait_for: Callable[..., None],
) -> None:
    process, run = running("84.25")
    process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    done = vigiles("stop", "--run", run, "--json")
    assert done.returncode == 0, done.stderr
    assert [row["how"] for row in json.loads(done.stdout)] == ["killed"]
    assert time.monotonic() - started < 15
    assert process.wait(10) == -signal.SIGKILL
    wait_for(lambda: not processes_with("sleep\x0084.25"), 3)
    assert vigiles("stop", "--all").stdout == b"nothing is running\n", "its socket is cleared away"


def test_another_home_has_other_runs(vigiles: Any, running: Callable[[str], tuple[Any, str]], home: Path) -> None:
    process, run = running("85.25")
    assert vigiles("stop", "--all", "--home", str(home)).stdout == b"nothing is running\n"
    assert process.poll() is None
    assert vigiles("stop", "--run", run).returncode == 0
    assert process.wait(10) == 109
