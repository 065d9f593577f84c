"""The rules, budgets and labels in force, named by digest."""

from __future__ import annotations

from vigiles.model.record import Event


class RulesetInForce(Event, frozen=True, kw_only=True, tag="ruleset"):
    """Recorded when an episode opens: ``digest`` names the exact text of the profile and rules that judge it."""

    profile: str
    digest: str
    text: str
