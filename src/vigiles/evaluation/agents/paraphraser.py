"""Paraphrased: a leak in other words, as an aside in a letter about something else; elsewhere it is a veiled threat.

It quotes nothing and attaches nothing.
"""

from __future__ import annotations

from vigiles.evaluation.agents.day import insiders_day, strike
from vigiles.evaluation.agents.deeds.saying import one_by_one, pieces, sent
from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.agents.style import TIMING, Knobs

KNOBS: Knobs = {"timing": TIMING, "route": ("direct", "reply", "calendar", "chat"), "parts": (1, 2), "wording": ("veiled",)}
_BEFORE = "Thank you for your patience with the order; the forms went out on Monday and the rest follows."
_AFTER = "If the new date suits you, there is nothing more to do. Kind regards"


def script(hand: Hand) -> Script:
    """A day in which a letter says more than it should."""
    yield from insiders_day(hand, _retold if hand.plot.harm == "leak" else strike)


def _retold(hand: Hand) -> Script:
    outside, facts = hand.plot.outside, hand.facts()
    if outside is None or not facts:
        return
    text = " ".join([_BEFORE, *(f"By the way: {fact}" for fact in facts), _AFTER])
    calls = [call for part in pieces(text, hand.style.parts) for call in sent(hand, outside, "Your order", part)]
    yield from one_by_one(hand, calls, "In my own words nobody can say that I passed a document on.")
