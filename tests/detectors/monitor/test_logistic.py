from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.detectors.monitor.logistic import log_odds, parts


def test_even_odds_are_half_a_million() -> None:
    assert parts(0.0) == 500_000
    assert parts(1e9) == 1_000_000
    assert parts(-1e9) == 0


@given(st.integers(0, 1_000_000))
def test_a_score_comes_back(score: int) -> None:
    assert abs(parts(log_odds(score)) - score) <= 1


@pytest.mark.parametrize("score", [0, 1_000_000])
def test_the_ends_are_finite(score: int) -> None:
    assert abs(log_odds(score)) < 20
