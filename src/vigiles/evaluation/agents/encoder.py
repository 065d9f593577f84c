"""Encoded: what goes out cannot be read at a glance."""

from __future__ import annotations

from vigiles.evaluation.agents.day import insiders_day
from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import CODE, TIMING, Knobs

KNOBS: Knobs = {"code": CODE, "timing": TIMING, "parts": (1, 2), "route": ("direct", "file", "calendar")}


def script(hand: Hand) -> Script:
    """A day with the harm in code."""
    yield from insiders_day(hand)
