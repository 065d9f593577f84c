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
