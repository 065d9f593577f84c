"""Rules about reasoning as data: words that must stand near one another, in order, and what their meeting is worth."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from vigiles.detectors.monitor.words import STOP

_SHIPPED = Path(__file__).with_name("phrases.toml")
#: How many words before a phrase a "not" is still about it.
_REACH = 5
#: How far a sentence's end sets words apart.
_APART = 6
_REMEMBERED = 20_000


class Phrase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``near`` are slots: each a word or several (``stop|prevent|avoid*``; ``*`` ends a stem), at most ``within`` apart.

    ``kind`` is the family of thought it belongs to; ``weight`` thousandths of log odds, below zero for what speaks against
    harm. ``declined``: what it is worth when a "not" stands before it ("I will not ..."), again in thousandths.
    """

    id: str
    kind: str
    near: tuple[str, ...]
    weight: int
    within: int = 5
    declined: int = -300


class Hit(msgspec.Struct, frozen=True):
    """One phrase that was found, ``negated`` where a "not" stood before it."""

    phrase: Phrase
    negated: bool


class Phrases:
    """A list of phrases, made ready once; :meth:`find` then takes one pass over the words."""

    def __init__(self, phrases: Sequence[Phrase], negators: Sequence[str]) -> None:
        self.phrases = tuple(phrases)
        self._whole: dict[str, list[tuple[int, int]]] = {}
        self._stems: dict[str, list[tuple[int, int]]] = {}
        for number, phrase in enumerate(self.phrases):
            for place, slot in enumerate(phrase.near):
                for word in slot.split("|"):
                    table = self._stems if word.endswith("*") else self._whole
                    table.setdefault(word.removesuffix("*"), []).append((number, place))
        self._lengths = sorted({len(stem) for stem in self._stems})
        self._negators = frozenset(negators)
        self._known: dict[str, tuple[tuple[int, int], ...]] = {}

    def find(self, found: Sequence[str]) -> list[Hit]:
        """Return what is found in :func:`~vigiles.detectors.monitor.words.words`, each phrase at most once either way."""
        known, negators = self._known, self._negators
        reached: dict[tuple[int, int], tuple[int, bool]] = {}
        hits: dict[tuple[int, bool], None] = {}
        at, said_no = 0, -_APART - _REACH
        for word in found:
            if word == STOP:
                at += _APART
                continue
            at += 1
            places = known.get(word)
            if places is None:
                places = self._places(word)
            for number, place in places:
                phrase = self.phrases[number]
                if place:
                    before = reached.get((number, place - 1))
                    if before is None or at - before[0] > phrase.within or before[0] == at:
                        continue
                    negated = before[1]
                else:
                    negated = at - said_no <= _REACH
                if place == len(phrase.near) - 1:
                    hits[number, negated] = None
                else:
                    reached[number, place] = (at, negated)
            if word in negators:
                said_no = at
        return [Hit(self.phrases[number], negated) for number, negated in hits]

    def _places(self, word: str) -> tuple[tuple[int, int], ...]:
        """Return the slots a word fills, later slots of a phrase first, so that no word fills two."""
        found = list(self._whole.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            found += self._stems.get(word[:length], ())
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        places = self._known[word] = tuple(sorted(set(found), key=lambda slot: (slot[0], -slot[1])))
        return places


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    negators: tuple[str, ...]
    phrase: tuple[Phrase, ...]


@lru_cache(maxsize=1)
def shipped() -> Phrases:
    """Return the phrases that come with Vigiles."""
    read = msgspec.convert(tomllib.loads(_SHIPPED.read_text("utf-8")), _File)
    return Phrases(read.phrase, read.negators)
