from collections.abc import Callable
from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.evaluation.statistics.interval import Interval, quantile
from vigiles.evaluation.statistics.paired import difference_interval, discordant, holm, mcnemar, paired_interval


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (1, 9, 0.021484375), (10, 20, 0.0987369)],
)
def test_known_values(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p, abs=1e-6)
    assert mcnemar(second, first) == mcnemar(first, second)


def test_another_implementation_agrees() -> None:
    special = pytest.importorskip("scipy.special", reason="needs scipy, of the dependency group extras")
    for first, second in ((1, 0), (3, 8), (20, 41), (150, 150), (7, 300)):
        assert mcnemar(first, second) == pytest.approx(
            min(1, 2 * special.bdtr(min(first, second), first + second, 0.5)), abs=1e-9
        )


@given(st.integers(0, 300), st.integers(0, 300))
def test_it_is_a_probability(first: int, second: int) -> None:
    assert 0 < mcnemar(first, second) <= 1
    assert mcnemar(first, second + 1) <= mcnemar(first, second) or second < first


def test_thousands_of_pairs() -> None:
    assert mcnemar(0, 3000) == pytest.approx(0.0, abs=1e-12)
    assert mcnemar(1490, 1510) == pytest.approx(0.729, abs=2e-3)


def test_a_negative_count() -> None:
    with pytest.raises(ValueError, match="not negative"):
        mcnemar(-1, 2)


def test_pairs_that_differ() -> None:
    assert discordant([(True, False), (True, False), (False, True), (True, True), (False, False)]) == (2, 1)


def test_many_tests_are_corrected_for() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("first", "second", "pairs", "low", "high"),
    [(12, 2, 50, -0.3447, -0.0611), (2, 12, 50, 0.0611, 0.3447), (0, 6, 20, 0.0905, 0.5190), (5, 5, 20, -0.3058, 0.3058)],
)
def test_score_intervals_of_pairs(first: int, second: int, pairs: int, low: float, high: float) -> None:
    found = paired_interval(first, second, pairs)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_where_no_pair_differs_it_has_a_width() -> None:
    square = quantile(0.95) ** 2
    for pairs in (1, 7, 50):
        bound = square / (pairs + square)
        found = paired_interval(0, 0, pairs)
        assert (found.low, found.high) == pytest.approx((-bound, bound), abs=1e-9)
    assert paired_interval(0, 20, 20).high == 1.0
    assert 0.5 < paired_interval(0, 20, 20).low < 1.0
    assert paired_interval(0, 0, 0) == difference_interval([]) == Interval(-1.0, 1.0)
    with pytest.raises(ValueError, match="cannot be"):
        paired_interval(2, 2, 3)


@pytest.mark.parametrize("shares", [(0.0, 0.3), (0.1, 0.3), (0.0, 0.9), (0.05, 0.05), (0.3, 0.3)])
@pytest.mark.parametrize("pairs", [10, 20])
def test_score_intervals_cover_as_often_as_they_say(pairs: int, shares: tuple[float, float]) -> None:
    """The exact sum over all that can be seen; a score interval is right on the average and may fall a little short."""
    only_first, only_second = shares
    covered = 0.0
    for first in range(pairs + 1):
        for second in range(pairs + 1 - first):
            chance = comb(pairs, first) * comb(pairs - first, second) * only_first**first * only_second**second
            chance *= (1 - only_first - only_second) ** (pairs - first - second)
            if chance > 1e-9 and paired_interval(first, second, pairs).holds(only_second - only_first):
                covered += chance
    assert covered >= 0.925


def test_a_difference_has_a_sign() -> None:
    pairs = [[(True, False), (True, True), (False, False)]] * 10 + [[(True, False)] * 3] * 10
    interval = difference_interval(pairs)
    assert interval.high < 0
    assert difference_interval([[(b, a) for a, b in cluster] for cluster in pairs]).low > 0


def test_a_single_cluster_and_clusters_that_agree_have_a_width() -> None:
    six = [(False, True)] * 6 + [(False, False)] * 14
    assert difference_interval([six]) == difference_interval([six, []]) == paired_interval(0, 6, 20)
    assert difference_interval([[(True, True)] * 5 + [(False, False)] * 5] * 7) == paired_interval(0, 0, 7)
    assert difference_interval([[(False, True)] * 10] * 7) == paired_interval(0, 7, 7)
    # Clusters with one and the same share tell no more than their pairs do.
    alike = difference_interval([six] * 7)
    assert alike == paired_interval(0, 42, 140)


def test_clusters_that_differ_widen_the_interval() -> None:
    together = difference_interval([[(False, True)] * 10] * 3 + [[(False, False)] * 10] * 4)
    assert together.width > 2 * paired_interval(0, 30, 70).width


def _even(random: Random) -> float:
    return random.random()


def _seldom(random: Random) -> float:
    return random.betavariate(0.3, 2.7)


def _rarely(random: Random) -> float:
    return float(random.random() < 0.1)


@pytest.mark.parametrize("number", [2, 3, 5, 7, 14])
@pytest.mark.parametrize(("share", "mean", "most"), [(_even, 0.5, 0.06), (_seldom, 0.1, 0.1), (_rarely, 0.1, 0.05)])
def test_few_clusters_cover_as_often(number: int, share: Callable[[Random], float], mean: float, most: float) -> None:
    """Each scenario has a share of its own in which only the second side does harm. Drawing seven of them again, without
    more, misses 11 % of the even ones.
    """
    random, missed, cases = Random(number), 0, 400
    for _ in range(cases):
        shares = [share(random) for _ in range(number)]
        missed += not difference_interval([[(False, random.random() < each) for _ in range(20)] for each in shares]).holds(
            mean
        )
    assert missed <= most * cases


def test_pairs_by_chance_cover_as_often() -> None:
    """Both sides do harm by the same chance in each scenario: nothing differs but luck."""
    random, missed = Random(5), 0
    for _ in range(400):
        shares = [random.random() for _ in range(7)]
        pairs = [[(random.random() < each, random.random() < each) for _ in range(20)] for each in shares]
        missed += not difference_interval(pairs).holds(0.0)
    assert missed <= 24
