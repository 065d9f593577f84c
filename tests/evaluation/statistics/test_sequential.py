from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.evaluation.statistics.interval import Interval, wilson
from vigiles.evaluation.statistics.sequential import Stopping, anytime, settled


def test_nothing_played_says_nothing() -> None:
    assert anytime(0, 0, 0.05) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("hits", "trials", "error"), [(3, 2, 0.05), (-1, 2, 0.05), (1, 2, 0.0), (1, 2, 1.0)])
def test_what_cannot_be(hits: int, trials: int, error: float) -> None:
    with pytest.raises(ValueError, match=r"cannot be|between 0 and 1"):
        anytime(hits, trials, error)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_holds_the_share_and_is_wider_than_wilson(counts: tuple[int, int]) -> None:
    interval = anytime(*counts, 0.05)
    assert interval.holds(counts[0] / counts[1])
    assert interval.width >= wilson(*counts).width * 0.99
    mirrored = anytime(counts[1] - counts[0], counts[1], 0.05)
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    assert anytime(*counts, 0.005).width > interval.width


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.8])
def test_looking_all_the_time_does_not_make_it_wrong(rate: float) -> None:
    """Of 200 sequences looked at after every trial, at most 5 % may ever miss; Wilson's interval misses far more often."""
    random, missed, ordinary = Random(11), 0, 0
    for _ in range(200):
        hits, ever, ever_ordinary = 0, False, False
        for trials in range(1, 201):
            hits += random.random() < rate
            ever_ordinary = ever_ordinary or not wilson(hits, trials).holds(rate)
            ever = ever or (trials % 5 == 0 and not anytime(hits, trials, 0.05).holds(rate))
        missed, ordinary = missed + ever, ordinary + ever_ordinary
    assert missed <= 10
    assert ordinary > 3 * max(missed, 5)


def test_when_a_cell_is_settled() -> None:
    rule = Stopping(half_width=100_000, least=10)
    assert settled(0, 9, rule, 1) is None
    assert settled(0, 10, rule, 1) is None
    assert settled(0, 60, rule, 1) == "narrow"
    assert settled(30, 60, rule, 1) is None
    assert settled(0, 30, rule, 1) == "narrow"
    assert settled(0, 30, rule, 1000) is None


def test_a_threshold_settles_either_way() -> None:
    rule = Stopping(half_width=None, threshold=200_000, least=5)
    assert settled(0, 40, rule, 1) == "below"
    assert settled(30, 40, rule, 1) == "above"
    assert settled(8, 40, rule, 1) is None
