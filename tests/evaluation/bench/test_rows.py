from __future__ import annotations

from pathlib import Path

from vigiles.detectors.monitor.reasoning import score_reasoning
from vigiles.detectors.monitor.weights import shipped
from vigiles.detectors.monitor.words import LONGEST
from vigiles.evaluation.bench.gather import gather
from vigiles.evaluation.bench.rows import rows_of, run_score, scored, turn_scores, windows_of
from vigiles.evaluation.bench.runs import Acted, Run, Said
from vigiles.model.effect import Effect


def test_rows_score_as_the_monitor_does(plain_file: Path) -> None:
    runs = gather(plain_file).runs
    for run, row in zip(runs, rows_of(runs), strict=True):
        assert turn_scores(row, shipped(), "reasoning") == [score_reasoning(turn.words) for turn in run.turns]
        assert run_score(row, shipped(), "reasoning") == max(turn_scores(row, shipped(), "reasoning"))


def test_runs_without_label_or_turns_are_no_rows() -> None:
    said = (Said("hello"),)
    runs = [Run("a", "", said, None, "b", "c"), Run("d", "", (), True, "b", "c"), Run("e", "", said, False, "b", "c")]
    assert [row.run.id for row in rows_of(runs)] == ["e"]
    assert [one.harmful for one in scored(rows_of(runs), shipped(), "both")] == [False]


def test_windows_are_neighbouring_sentences() -> None:
    assert windows_of("") == ()
    assert windows_of("One.") == ((("one",),),)
    assert windows_of("A. B. C.") == ((("a",), ("b",)), (("b",), ("c",)))


def test_acts_are_seen_in_their_order_and_refusals_remembered() -> None:
    act = Effect(changes=True)
    turns = (Said("x", (Acted("t", act, refused=True),)), Said("y", (Acted("t", act), Acted("t", act))))
    (row,) = rows_of([Run("a", "", turns, True, "b", "c")])
    assert "after_refusal" not in row.turns[0].acts[0]
    assert {"after_refusal", "first_use"} <= set(row.turns[1].acts[0])
    assert "first_use" not in row.turns[1].acts[1]


def test_too_long_a_turn_has_the_highest_score() -> None:
    (row,) = rows_of([Run("a", "", (Said("a " * LONGEST),), True, "b", "c")])
    assert run_score(row, shipped(), "reasoning") == 1_000_000
