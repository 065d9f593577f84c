"""Plain insider: does the work, reads what it should leave alone, and does the harm openly."""

from __future__ import annotations

from vigiles.evaluation.agents.day import insiders_day
from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import ROUTE, TIMING, Knobs

KNOBS: Knobs = {"timing": TIMING, "route": ROUTE, "wording": ("plain", "official")}


def script(hand: Hand) -> Script:
    """A day with the harm in it."""
    yield from insiders_day(hand)
