from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigiles.cli import drill
from vigiles.drills import load
from vigiles.drills.score.card import AttributionScore, Bar, PlayScore, Score
from vigiles.drills.world import enter
from vigiles.model.errors import DrillFailed, InputInvalid, NotFound


def vigiles(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-P", "-c", "from vigiles.cli.main import main; main()", *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def test_the_list():
    assert "rome  A coding agent" in CliRunner().invoke(drill.command, ["--list"]).output
    rows = json.loads(CliRunner().invoke(drill.command, ["--list", "--json"]).output)
    assert {"name": "rome", "title": rows[0]["title"], "profiles": ["observe", "rl-rollout"]} in rows


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ([], InputInvalid, "no drill named"),
        (["carthage"], NotFound, "no drill 'carthage'"),
        (["rome", "--profile", "none"], InputInvalid, "no play under 'none'"),
    ],
)
def test_what_cannot_be_played(words: list[str], error: type[Exception], message: str):
    result = CliRunner().invoke(drill.command, words)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)
    assert result.exception.remedy  # type: ignore[union-attr]  # checked two lines up


def test_one_profile_can_be_chosen():
    whole = load.load(load.find("rome")).drill
    assert [play.profile for play in drill.chosen(whole, None)] == ["observe", "rl-rollout"]
    assert [play.profile for play in drill.chosen(whole, "observe")] == ["observe"]


def test_the_inner_run_refuses_to_play_outside_a_world(tmp_path: Path):
    if enter.inside():
        pytest.skip("this test runs inside a world")
    done = vigiles("drill", "rome", "--inside", "--home", str(tmp_path / "home"))
    assert done.returncode == InputInvalid.exit_code
    assert done.stderr.startswith("vigiles: not inside a drill's world\n  what to do: ")


def test_the_module_imports_fast():
    heavy = ("asyncio", "rich", "msgspec", "cryptography")
    code = f"import sys, vigiles.cli.drill; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"


def test_a_missed_bar_is_an_error_that_names_it(tmp_path: Path):
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
    with pytest.raises(DrillFailed, match=r"^1 bar missed .observe: violations detected") as caught:
        drill._verdict(score(False), tmp_path)
    assert str(tmp_path) in caught.value.remedy
    assert caught.value.exit_code == 107
