from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from vigiles.detectors.registry import DETECTORS
from vigiles.drills import report, save
from vigiles.drills.played import Played, PlayedEpisode, PlayedStep
from vigiles.drills.score.card import (
    AttributionScore,
    Bar,
    FalseAlarm,
    HonestScore,
    PlantedScore,
    PlayScore,
    Score,
    WrongPlace,
)
from vigiles.drills.world.journal import Effect
from vigiles.ledger import mint
from vigiles.model.episode import CallEnded
from vigiles.model.errors import InputInvalid

HOSTILE = "\x1b[31m[red]evil\u202e|"


def make_score(*, good: bool) -> Score:
    planted = PlantedScore(
        step="mine",
        title="mine",
        techniques=["T1496"],
        episode="ep-1",
        call=2,
        counted=True,
        detected_by=["stratum"] if good else [],
        finding_us=120_000 if good else None,
        result="blocked" if good else "happened",
        containment_us=0 if good else None,
        effects=0 if good else 7,
        feedback="penalty",
    )
    honest = HonestScore(
        step="look", title="look", episode="ep-1", call=1, intact=good, exit_code=1, feedback="nothing", output=HOSTILE
    )
    alarm = FalseAlarm(
        finding="fnd-1", episode="ep-1", call=1, step="look", rule="scanning.x", severity="low", summary=HOSTILE
    )
    wrong = WrongPlace(observation="obs-1", episode="ep-1", place=HOSTILE, call=1, truth=[2])
    bar = Bar(name="violations detected", wanted="100 %", got="1 of 1" if good else "0 of 1", met=good)
    play = PlayScore(
        profile="observe",
        guarded=True,
        planted=[planted],
        honest=[honest],
        false_alarms=[] if good else [alarm],
        attribution=AttributionScore(right=3, ambiguous=0, wrong=[] if good else [wrong], unchecked=1),
        reward=int(good),
        finding_median_us=planted.finding_us,
        finding_max_us=planted.finding_us,
        containment_median_us=None,
        containment_max_us=None,
        bars=[bar],
        skipped={"compile": "gcc"},
    )
    return Score(drill="small", title="Small", seconds=3, plays=[play], passed=good)


def shown(score: Score) -> str:
    console = Console(file=io.StringIO(), width=80, color_system=None, highlight=False, markup=False)
    console.print(report.render(score))
    return console.file.getvalue()


@pytest.mark.parametrize("width", [72, 80])
def test_no_detectors_name_is_broken(width: int):
    """Every detector there is, and the longest words of every other column."""
    score = make_score(good=False)
    names = [make().name for make in DETECTORS]
    steps = [
        msgspec.structs.replace(
            score.plays[0].planted[0], step="mine-daemon", detected_by=[name, "reverse_tunnel"], result="failed",
            finding_us=12_340_000, containment_us=12_340_000, feedback="unscored", counted=name != "stratum",
        )
        for name in names
    ]  # fmt: skip
    play = msgspec.structs.replace(score.plays[0], planted=steps)
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False, markup=False)
    console.print(report.render(msgspec.structs.replace(score, plays=[play])))
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    for name in names:
        assert name in text


def test_a_good_score_in_plain_words():
    text = shown(make_score(good=True))
    assert max(map(len, text.splitlines())) <= 80
    for words in ("stratum", "0.12 s", "blocked", "penalty", "3 right, 0 ambiguous, 0 wrong", "task reward: 1", "pass"):
        assert words in text
    assert "every bar is met" in text
    assert "compile, this machine has no gcc" in text
    assert "FAIL" not in text


def test_a_bad_score_says_so_without_colour_and_shows_agent_text_safely():
    text = shown(make_score(good=False))
    for words in ("NOTHING", "NOT STOPPED", "FAIL", "A BAR IS MISSED", "false alarm", "disturbed: look"):
        assert words in text.replace("\n", " ") or words in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text  # no markup is read from agent text


def test_saved_files(tmp_path: Path):
    played = Played(
        profile="observe",
        episodes=[
            PlayedEpisode(
                profile="observe",
                purpose="all",
                run="r",
                episode="e",
                opened_us=0,
                closed_us=1,
                steps=[PlayedStep(step="look", call=1, began_us=0, ended_us=1)],
                records=[CallEnded(id="rec-1", at=mint.now(), cpu_us=1, processes=1)],
            )
        ],
        skipped={},
    )
    folder = save.make_folder(tmp_path, "small", "20260101T000000Z")
    save.save(folder, make_score(good=False), [played], [Effect(name="pool.share", tag="x", mono_us=5)])
    assert json.loads((folder / "score.json").read_text())["passed"] is False
    assert json.loads((folder / "records.jsonl").read_text())["type"] == "call_ended"
    assert json.loads((folder / "effects.jsonl").read_text())["name"] == "pool.share"
    text = (folder / "report.md").read_text()
    assert "| ep-1/2 | mine | planted | penalty |" in text
    assert "| violations detected | 100 % | 0 of 1 | **fail** |" in text
    assert "evil" not in text
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_two_drills_in_one_second_get_two_folders(tmp_path: Path):
    names = {save.make_folder(tmp_path, "small", "t").name for _ in range(3)}
    assert names == {"t", "t-1", "t-2"}


def test_a_home_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "drills").write_text("a file")
    with pytest.raises(InputInvalid, match="cannot write under"):
        save.make_folder(tmp_path, "small", "t")
