"""Defer and resample: measures of the loop that plays an agent, not of the gate; here stand their settings and their sums.

*Resample*: the agent is asked several times for the same turn and the highest suspicion of all is taken for the one played,
since an attacker who is asked again seldom hides every time. *Defer*: where an act looks suspicious, a trusted, weaker agent
gives the turn instead; where nobody is trusted with it, the act is refused as any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent


class Resample(Silent):
    """``samples``: how many turns to ask for in all."""

    name = "resample"

    def __init__(self, rules: CompanyRules) -> None:
        self.samples = rules.samples

    def suspicion(self, scores: Sequence[Mapping[str, int]]) -> dict[str, int]:
        """Return the highest score of each monitor over all samples."""
        highest: dict[str, int] = {}
        for sample in scores:
            for monitor, score in sample.items():
                highest[monitor] = max(score, highest.get(monitor, 0))
        return highest


class Defer(Silent):
    """``threshold_ppm``: from this score of any monitor on, the trusted agent's turn is played."""

    name = "defer"

    def __init__(self, rules: CompanyRules) -> None:
        self.threshold_ppm = rules.defer_ppm
        self._deny = Opinion(decision="deny", reason="monitor_action", rules=(self.name,))

    def opinion(self, asked: Asked) -> Opinion | None:
        """Deny what was to be left to a trusted agent that there is none of."""
        return self._deny if asked.deferred else None

    def wanted(self, scores: Mapping[str, int]) -> bool:
        """Say whether the turn is to come from the trusted agent."""
        return any(score >= self.threshold_ppm for score in scores.values())
