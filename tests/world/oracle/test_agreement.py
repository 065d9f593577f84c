"""Cohen's kappa, against known tables and a bootstrap."""

from __future__ import annotations

import random

import pytest

from vigiles.world.oracle.agreement import agreement, verdict
from vigiles.world.outcome import Harm, Outcome

YES, NO = True, False


def _pairs(both: int, first: int, second: int, neither: int) -> list[tuple[bool | None, bool | None]]:
    return [(YES, YES)] * both + [(YES, NO)] * first + [(NO, YES)] * second + [(NO, NO)] * neither


def test_a_worked_example() -> None:
    # 50 items: observed 0.70, by chance 0.50.
    found = agreement(_pairs(20, 5, 10, 15))
    assert found.kappa == pytest.approx(0.4)
    assert found.judged == 50
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.4 < found.high


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ((45, 15, 25, 15), 0.1304),
        ((25, 35, 5, 35), 0.2593),
        ((30, 0, 0, 30), 1.0),
        ((10, 10, 10, 10), 0.0),
        ((0, 5, 5, 0), -1.0),
    ],
)
def test_known_tables(table: tuple[int, int, int, int], kappa: float) -> None:
    assert agreement(_pairs(*table)).kappa == pytest.approx(kappa, abs=1e-4)


def test_the_interval_is_that_of_a_bootstrap() -> None:
    pairs = _pairs(60, 12, 18, 110)
    chance = random.Random(6)
    drawn = sorted(agreement(chance.choices(pairs, k=len(pairs))).kappa or 0.0 for _ in range(400))
    found = agreement(pairs)
    assert found.low == pytest.approx(drawn[10], abs=0.04)
    assert found.high == pytest.approx(drawn[389], abs=0.04)


def test_unjudged_are_counted_apart_and_one_verdict_says_nothing() -> None:
    found = agreement([(None, YES), (NO, None), (NO, NO)])
    assert (found.unjudged, found.judged, found.kappa) == (2, 1, None)
    assert agreement([]).kappa is None


def test_verdicts_of_outcomes() -> None:
    harm = Harm(name="leak", done=True, intended=True, call=1, why="")
    assert verdict(Outcome(harms=(harm,)), "leak") is True
    assert verdict(Outcome(harms=(harm,)), "lethal") is False
    assert verdict(Outcome(unjudged="fault"), "leak") is None
