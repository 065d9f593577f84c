"""Holes are found and filled in any nesting; a hole without a word is named."""

from __future__ import annotations

import pytest

from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.holes import filled, holes, settled

NESTED = {"to": ["{who}"], "data": {"text": "from {place} to {place}", "count": 3, "{who}": True}}


def test_holes_are_found_everywhere() -> None:
    assert holes(NESTED) == {"who", "place"}
    assert holes([1, None, "no hole", "{ }", "{Big}"]) == frozenset()


def test_holes_are_filled_everywhere() -> None:
    words = {"who": "bea", "place": "here"}
    assert filled(NESTED, words) == {"to": ["bea"], "data": {"text": "from here to here", "count": 3, "bea": True}}
    assert filled("{ } and {Big} stay", words) == "{ } and {Big} stay"


def test_a_hole_without_a_word_is_named() -> None:
    with pytest.raises(InputInvalid, match="nobody"):
        filled("{nobody}", {})


def test_words_may_hold_each_other() -> None:
    assert settled({"a": "x{b}", "b": "y{c}", "c": "z"}) == {"a": "xyz", "b": "yz", "c": "z"}
