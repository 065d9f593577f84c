import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.evaluation.statistics.interval import Interval, quantile, student, wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.27753),
        (5, 10, 0.23659, 0.76341),
        (10, 10, 0.72247, 1.0),
        (1, 50, 0.00354, 0.10495),
        (0, 1216, 0.0, 0.00315),
        (81, 263, 0.25525, 0.36618),
    ],
)
def test_known_values(hits: int, trials: int, low: float, high: float) -> None:
    interval = wilson(hits, trials)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_no_trial_says_nothing() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("hits", "trials"), [(-1, 3), (4, 3)])
def test_counts_that_cannot_be(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        wilson(hits, trials)


def test_a_confidence_is_a_share() -> None:
    assert quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(1.0)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_holds_the_share_and_mirrors(counts: tuple[int, int]) -> None:
    hits, trials = counts
    interval, mirrored = wilson(hits, trials), wilson(trials - hits, trials)
    assert interval.holds(hits / trials)
    assert interval.width > 0
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-12)
    assert wilson(hits, trials, 0.99).width > interval.width


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_its_bounds_are_the_rates_that_the_score_test_just_refutes(counts: tuple[int, int]) -> None:
    """The definition, from the other side: at each bound the share lies 1.96 of *that* rate's standard errors away."""
    hits, trials = counts
    low = wilson(hits, trials).low
    assert abs(hits / trials - low) == pytest.approx(1.959964 * (low * (1 - low) / trials) ** 0.5, rel=1e-5)


@pytest.mark.parametrize(("freedom", "value"), [(1, 12.7062), (2, 4.3027), (6, 2.4469), (7, 2.3646), (97, 1.9847)])
def test_students_quantile(freedom: int, value: float) -> None:
    assert student(0.95, freedom) == pytest.approx(value, abs=1e-4)


def test_students_quantile_of_another_implementation() -> None:
    special = pytest.importorskip("scipy.special", reason="needs scipy, of the dependency group extras")
    for freedom in (1, 2, 3, 8, 31, 200):
        for confidence in (0.5, 0.9, 0.99):
            assert student(confidence, freedom) == pytest.approx(special.stdtrit(freedom, (1 + confidence) / 2), rel=1e-9)
    for confidence, freedom in ((1.0, 3), (0.95, 0)):
        with pytest.raises(ValueError, match="no quantile"):
            student(confidence, freedom)
