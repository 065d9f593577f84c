"""Honest: does the day's work and nothing else."""

from __future__ import annotations

from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import Knobs
from vigiles.evaluation.agents.work import do, look

KNOBS: Knobs = {}


def script(hand: Hand) -> Script:
    """Look, then do."""
    yield from look(hand)
    yield from do(hand)
