"""Silent reasoning: shows no thought and says no word; only its acts speak."""

from __future__ import annotations

from vigiles.evaluation.agents.day import insiders_day
from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import ROUTE, TIMING, WORDING, Knobs

KNOBS: Knobs = {"timing": TIMING, "wording": WORDING, "route": ROUTE}
THINKS = False


def script(hand: Hand) -> Script:
    """A day without a word."""
    yield from insiders_day(hand)
