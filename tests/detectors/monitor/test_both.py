from __future__ import annotations

from vigiles.detectors.monitor.both import score_both


def test_it_rises_with_each_part() -> None:
    assert score_both(10, 10) < score_both(900_000, 10) < score_both(900_000, 900_000)
    assert score_both(10, 10) < score_both(10, 900_000)


def test_the_ends_have_a_score() -> None:
    assert 0 <= score_both(0, 0) <= score_both(1_000_000, 1_000_000) <= 1_000_000
