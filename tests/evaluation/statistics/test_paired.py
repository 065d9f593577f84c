import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.evaluation.statistics.paired import discordant, holm, mcnemar


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (1, 9, 0.021484375), (10, 20, 0.0987369)],
)
def test_known_values(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p, abs=1e-6)
    assert mcnemar(second, first) == mcnemar(first, second)


@given(st.integers(0, 300), st.integers(0, 300))
def test_another_implementation_agrees(first: int, second: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="needs scipy, of the dependency group extras")
    theirs = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(theirs, abs=1e-9)


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
