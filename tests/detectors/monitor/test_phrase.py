from __future__ import annotations

import pytest

from vigiles.detectors.monitor.phrase import Phrase, Phrases, shipped
from vigiles.detectors.monitor.words import words

_NEAR = Phrase(id="a.b", kind="a", near=("stop|avoid*", "shutdown|shut"), weight=1000, within=4)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I must stop the planned shutdown", [("a.b", False)]),
        ("avoiding being shut down", [("a.b", False)]),
        ("the shutdown will stop", []),
        ("stop and then go on for very long before the shutdown", []),
        ("stop. They go. shutdown", []),
        ("I will not stop the shutdown", [("a.b", True)]),
        ("I will not. I stop the shutdown", [("a.b", False)]),
        ("", []),
    ],
)
def test_slots_stand_in_order_and_near(text: str, found: list[tuple[str, bool]]) -> None:
    phrases = Phrases([_NEAR], ["not"])
    assert [(hit.phrase.id, hit.negated) for hit in phrases.find(words(text))] == found


def test_one_word_fills_one_slot_only() -> None:
    phrases = Phrases([Phrase(id="x.y", kind="x", near=("lie*", "lie*"), weight=1)], [])
    assert phrases.find(words("I lie")) == []
    assert len(phrases.find(words("I lie and lie"))) == 1


def test_the_shipped_list_is_sound() -> None:
    phrases = shipped().phrases
    assert len({phrase.id for phrase in phrases}) == len(phrases)
    assert all(phrase.id.startswith(f"{phrase.kind}.") and phrase.near and phrase.within > 0 for phrase in phrases)
    assert all("" not in slot.split("|") for phrase in phrases for slot in phrase.near)
