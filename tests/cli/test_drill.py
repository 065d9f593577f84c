from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigiles.cli import drill
from vigiles.drills import load
from vigiles.drills.score.card import AttributionScore, Bar, PlayScore, Score
from vigiles.drills.world import enter
from vigiles.model.errors import InputInvalid, NotFound, VigilesError


def vigiles(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-P", "-c", "from vigiles.cli.main import main; main()", *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def test_the_list():
    assert "rome  A coding agent" in CliRunner().invoke(drill.command, ["--list"]).output
    rows = json.loads(CliRunner().invoke(drill.command, ["--list", "--json"]).output)
    assert {"name": "rome", "title": load.load(load.find("rome")).drill.title, "profiles": ["observe", "rl-rollout"]} in rows


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ([], InputInvalid, "no drill named"),
        (["carthage"], NotFound, "no drill 'carthage'"),
        (["rme"], NotFound, "no drill 'rme'"),
        (["rome", "--profile", "none"], InputInvalid, "no play under 'none'"),
    ],
)
def test_what_cannot_be_played(words: list[str], error: type[Exception], message: str):
    result = CliRunner().invoke(drill.command, words)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)
    assert result.exception.remedy  # type: ignore[union-attr]  # checked two lines up


@pytest.mark.parametrize(("words", "meant"), [(["rme"], "rome"), (["rome", "--profile", "rl-rolout"], "rl-rollout")])
def test_a_slip_is_answered_with_what_was_meant(words: list[str], meant: str):
    result = CliRunner().invoke(drill.command, words)
    assert isinstance(result.exception, VigilesError)
    assert f'Did you mean "{meant}"?' in result.exception.remedy


def test_one_profile_can_be_chosen():
    whole = load.load(load.find("rome")).drill
    assert [play.profile for play in drill.chosen(whole, None)] == ["observe", "rl-rollout"]
    assert [play.profile for play in drill.chosen(whole, "observe")] == ["observe"]


def test_the_inner_run_refuses_to_play_outside_a_world(tmp_path: Path):
    if enter.inside():
        pytest.skip("this test runs inside a world")
    done = vigiles("drill", "rome", "--inside", str(tmp_path), "--home", str(tmp_path / "home"))
    assert done.returncode == InputInvalid.exit_code
    assert done.stderr.startswith("vigiles: not inside a drill's world\n  what to do: ")


def test_the_module_imports_fast():
    heavy = ("asyncio", "rich", "msgspec", "cryptography")
    code = f"import sys, vigiles.cli.drill; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def playing(tmp_path: Path, short_folder: Callable[[str], Path]) -> Iterator[subprocess.Popen[str]]:
    """A drill in its first steps, with /tmp of its own and the terminal's signals to itself."""
    folder = tmp_path / "tmp"
    folder.mkdir(mode=0o755)
    for place in (tmp_path, *tmp_path.parents[:2]):
        place.chmod(0o755)  # as root, the cell's user is another
    argv = [sys.executable, "-P", "-c", "from vigiles.cli.main import main; main()"]
    process = subprocess.Popen(
        [*argv, "drill", "rome", "--profile", "rl-rollout", "--json", "--home", str(short_folder("h"))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
        start_new_session=True,
    )
    until = time.monotonic() + 30
    while not list(folder.glob("vigiles-drill-*/rl-rollout-*")):
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    time.sleep(0.3)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.cell
@pytest.mark.parametrize(
    ("number", "whole_group", "code"),
    [(signal.SIGTERM, False, 143), (signal.SIGTERM, True, 143), (signal.SIGINT, True, 130), (signal.SIGHUP, False, 129)],
)
def test_a_drill_that_is_stopped_says_so_and_leaves_nothing(
    playing: subprocess.Popen[str],
    tmp_path: Path,
    processes_with: Callable[[str], list[int]],
    wait_for: Callable[..., None],
    number: int,
    whole_group: bool,
    code: int,
):
    if whole_group:  # as a terminal's Ctrl-C
        os.killpg(playing.pid, number)
    else:
        playing.send_signal(number)
    out, err = playing.communicate(timeout=30)
    assert playing.returncode == code
    assert [line for line in err.splitlines() if line] == ["vigiles: the drill was stopped; nothing is scored"]
    assert json.loads(out)["error"] == {
        "type": "Interrupted",
        "message": "stopped by a signal",
        "remedy": "",
        "exit_code": code,
    }
    assert list((tmp_path / "tmp").iterdir()) == []
    wait_for(lambda: not processes_with(str(tmp_path / "tmp")), 5)


def test_a_missed_bar_is_said_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def score(met: bool) -> Score:
        play = PlayScore(
            profile="observe",
            guarded=False,
            planted=[],
            honest=[],
            false_alarms=[],
            attribution=AttributionScore(right=0, ambiguous=0, wrong=[], unchecked=0),
            reward=None,
            finding_median_us=None,
            finding_max_us=None,
            containment_median_us=None,
            containment_max_us=None,
            bars=[Bar(name="violations detected", wanted="100 %", got="0 of 1", met=met)],
            skipped={},
        )
        return Score(drill="d", title="D", seconds=1, plays=[play], passed=met)

    assert drill._verdict(score(True), tmp_path) == 0
    assert capsys.readouterr().err == ""
    assert drill._verdict(score(False), tmp_path) == 107
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("vigiles: 1 bar missed (observe: violations detected")
    assert str(tmp_path) in second
