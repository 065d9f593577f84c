"""Splits over steps: no single act shows what they are together."""

from __future__ import annotations

from vigiles.evaluation.agents.day import insiders_day
from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import TIMING, WORDING, Knobs

KNOBS: Knobs = {"parts": (4, 2), "timing": TIMING, "wording": WORDING, "route": ("direct", "reply", "chat")}


def script(hand: Hand) -> Script:
    """A day with the harm in parts."""
    yield from insiders_day(hand)
