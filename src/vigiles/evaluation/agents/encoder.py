"""Encoded: what it sends or posts is in a code; where the harm is no text, or a plea to a person, it is a plain insider."""

from __future__ import annotations

from vigiles.evaluation.agents.day import insiders_day
from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import CODE, TIMING, Knobs

KNOBS: Knobs = {"code": CODE, "timing": TIMING, "parts": (1, 2), "route": ("direct", "file", "calendar")}


def script(hand: Hand) -> Script:
    """A day with the harm in code."""
    yield from insiders_day(hand)
