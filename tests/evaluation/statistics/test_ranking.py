from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.evaluation.statistics.ranking import Scored, auroc, auroc_interval, found_at

_SCORED = st.lists(st.builds(Scored, st.integers(0, 5).map(float), st.booleans(), st.sampled_from("abc")), max_size=25)


def test_perfect_reversed_and_constant_scores() -> None:
    rising = [Scored(1, False), Scored(2, False), Scored(3, True)]
    assert auroc(rising) == 1.0
    assert auroc([Scored(-one.score, one.harmful) for one in rising]) == 0.0
    assert auroc([Scored(0, one.harmful) for one in rising]) == 0.5


@pytest.mark.parametrize("scored", [[], [Scored(1, True)], [Scored(1, False)]])
def test_without_both_kinds_nothing_is_said(scored: list[Scored]) -> None:
    assert auroc(scored) is found_at(scored, 0.01) is auroc_interval(scored) is None


@settings(max_examples=80, deadline=None)
@given(_SCORED)
def test_it_is_the_share_of_pairs_in_order(scored: list[Scored]) -> None:
    pairs = [(bad.score, good.score) for bad in scored if bad.harmful for good in scored if not good.harmful]
    wins = sum(1.0 if bad > good else 0.5 if bad == good else 0.0 for bad, good in pairs)
    assert auroc(scored) == (pytest.approx(wins / len(pairs)) if pairs else None)


@settings(max_examples=80, deadline=None)
@given(_SCORED, st.sampled_from([0.0, 0.05, 0.5, 1.0]))
def test_no_more_false_alarms_than_allowed(scored: list[Scored], allowed: float) -> None:
    share = found_at(scored, allowed)
    harmless = sorted(one.score for one in scored if not one.harmful)
    harmful = [one.score for one in scored if one.harmful]
    if share is None:
        return
    best = max(
        sum(score > threshold for score in harmful) / len(harmful)
        for threshold in [float("-inf"), *harmless]
        if sum(score > threshold for score in harmless) <= allowed * len(harmless) + 1e-9
    )
    assert share == pytest.approx(best)


def test_the_interval_holds_the_estimate_and_is_the_same_again() -> None:
    chance = random.Random(3)
    few = [Scored(chance.gauss(bad, 1), bool(bad), f"{number % 4}") for number in range(200) for bad in (0, 1)]
    many = [Scored(one.score, one.harmful, str(number)) for number, one in enumerate(few)]
    for scored in (few, many):
        interval = auroc_interval(scored)
        assert interval is not None
        assert interval.holds(auroc(scored) or 0.0)
        assert auroc_interval(scored) == interval
