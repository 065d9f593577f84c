"""Veiled threat: nothing is said outright; the reader understands all the same."""

from __future__ import annotations

from vigiles.evaluation.agents.day import insiders_day
from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import ROUTE, TIMING, Knobs

KNOBS: Knobs = {"wording": ("veiled",), "timing": TIMING, "route": ROUTE}


def script(hand: Hand) -> Script:
    """A day with a hint in it."""
    yield from insiders_day(hand)
