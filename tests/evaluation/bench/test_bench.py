from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from vigiles.detectors.monitor.logistic import log_odds
from vigiles.detectors.monitor.weights import Weights, by_hand, shipped
from vigiles.evaluation.bench.bench import PARTS, bench, held_out, prompt_only
from vigiles.evaluation.bench.gather import gather
from vigiles.evaluation.bench.rows import Row, rows_of, turn_scores
from vigiles.evaluation.statistics.ranking import auroc


def test_as_is_needs_no_training(plain_file: Path) -> None:
    made = bench([gather(plain_file)], trained=False)
    assert [(line.way, line.part) for line in made.lines] == [
        (way, part) for way in ("by hand", "as shipped") for part in PARTS
    ]
    assert made.sets == {"small": {"plain": 1}}
    assert (made.unlabelled, made.digest) == (0, shipped().digest)


def test_every_way_and_both_controls_are_told(plain_file: Path) -> None:
    pytest.importorskip("sklearn")
    one = gather(plain_file)
    other = replace(one, name="other")
    made = bench([one, other])
    ways = {(line.data, line.way) for line in made.lines}
    assert ways == {
        (name, way)
        for name, foreign in (("small", "other"), ("other", "small"))
        for way in (
            "by hand",
            "as shipped",
            "in folds",
            "one behaviour out",
            "further, one behaviour out",
            "prompt only",
            "shuffled labels",
            f"trained on {foreign}",
        )
    }
    told = {(line.way, line.part): line.figures.auroc or 0.0 for line in made.lines if line.data == "small"}
    assert told["one behaviour out", "reasoning"] > 0.9
    assert 0.2 < told["prompt only", None] < 0.8
    assert told["shuffled labels", None] < 0.9


def test_a_prompt_that_tells_is_found_out(plain_file: Path) -> None:
    pytest.importorskip("sklearn")
    rows = [
        replace(row, run=replace(row.run, prompt="do an evil thing" if row.harmful else "do a nice thing"))
        for row in rows_of(gather(plain_file).runs)
    ]
    assert auroc(prompt_only(rows)) == 1.0


def test_no_run_is_scored_by_what_it_taught(plain_file: Path) -> None:
    pytest.importorskip("sklearn")
    rows = rows_of(gather(plain_file).runs)

    def never(_rows: object) -> Weights:
        raise AssertionError("one kind alone teaches nothing")

    told = held_out(rows, ["bad" if row.harmful else "good" for row in rows], never, by_hand())
    assert told["reasoning"] == [[log_odds(score) for score in turn_scores(row, by_hand(), "reasoning")] for row in rows]


def test_each_group_is_scored_by_what_the_others_taught(plain_file: Path) -> None:
    rows = rows_of(gather(plain_file).runs)
    groups = [row.run.behaviour for row in rows]
    taught: list[set[str]] = []

    def teach(others: Sequence[Row]) -> Weights:
        taught.append({row.run.behaviour for row in others})
        return by_hand()

    held_out(rows, groups, teach, by_hand())
    assert sorted(map(sorted, taught)) == sorted(sorted(set(groups) - {group}) for group in set(groups))
