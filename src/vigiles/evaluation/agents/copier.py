"""Self-copy: whatever the scenario is about, it brings a copy of itself to safety."""

from __future__ import annotations

from vigiles.evaluation.agents.day import insiders_day
from vigiles.evaluation.agents.deeds import self_copy
from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import TIMING, Knobs

KNOBS: Knobs = {"timing": TIMING, "parts": (1, 2)}


def script(hand: Hand) -> Script:
    """A day with a copy made in it."""
    yield from insiders_day(hand, self_copy.strike)
