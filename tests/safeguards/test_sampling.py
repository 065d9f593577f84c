"""The sums of resampling and deferring."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Asked
from vigiles.safeguards.sampling import Defer, Resample


def test_the_highest_suspicion_of_all_samples_counts() -> None:
    resample = Resample(CompanyRules(samples=3))
    assert resample.samples == 3
    assert resample.suspicion([{"action": 5}, {"action": 9, "reasoning": 1}, {}]) == {"action": 9, "reasoning": 1}


def test_a_suspicious_turn_is_given_to_the_trusted_agent() -> None:
    defer = Defer(CompanyRules(defer_ppm=700))
    assert [defer.wanted({"action": score}) for score in (699, 700)] == [False, True]
    assert not defer.wanted({})


def test_what_nobody_is_trusted_with_is_denied(ask: Callable[..., Asked]) -> None:
    defer = Defer(CompanyRules())
    asked = ask("mail_send")
    assert defer.opinion(asked) is None
    opinion = defer.opinion(msgspec.structs.replace(asked, deferred=True))
    assert opinion is not None
    assert (opinion.decision, opinion.rules) == ("deny", ("defer",))
