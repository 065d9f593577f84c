"""The sums of resampling and deferring."""

from __future__ import annotations

from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.sampling import Defer, Resample


def test_the_highest_suspicion_of_all_samples_counts() -> None:
    resample = Resample(CompanyRules(samples=3))
    assert resample.samples == 3
    assert resample.suspicion([{"action": 5}, {"action": 9, "reasoning": 1}, {}]) == {"action": 9, "reasoning": 1}


def test_a_suspicious_turn_is_given_to_the_trusted_agent() -> None:
    defer = Defer(CompanyRules(defer_ppm=700))
    assert [defer.wanted({"action": score}) for score in (699, 700)] == [False, True]
    assert not defer.wanted({})
