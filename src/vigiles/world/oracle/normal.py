"""Text as it is compared: one case, no accents, no look-alike letters, no invisible ones, words apart by one space."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Latin letter -> code points of Greek and Cyrillic letters that look like it, small and capital.
_LOOKS = {
    "a": "430 3b1 391 410",
    "b": "431 3b2 392 412",
    "c": "441 421",
    "d": "501 111",
    "e": "435 3b5 395 415",
    "g": "261",
    "h": "4bb 397 41d",
    "i": "456 3b9 399 406 131",
    "j": "458 408",
    "k": "43a 3ba 39a 41a",
    "l": "4cf 142",
    "m": "43c 39c 41c",
    "n": "43f 3b7 39d",
    "o": "43e 3bf 39f 41e f8",
    "p": "440 3c1 3a1 420",
    "q": "51b",
    "r": "433",
    "s": "455 405",
    "t": "442 3c4 3a4 422",
    "u": "3c5 3c5",
    "v": "3bd",
    "w": "51d 3c9",
    "x": "445 3c7 3a7 425",
    "y": "443 3a5 423",
    "z": "1d22 396",
}
_ALIKE = {int(code, 16): latin for latin, codes in _LOOKS.items() for code in codes.split()}
_WORD = re.compile(r"[^\W_]+")
_SPACED = re.compile(r"(?:(?<![^\W_])[^\W_](?:[ .\-_*·]|$)){4,}")
#: What a word may end in and still be the word that a fact names.
_ENDINGS = ("", "s", "es", "d", "ed", "ing", "ly")


def fold(text: str) -> str:
    """Return ``text`` in one case, without accents, invisible characters and look-alike letters."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in apart if unicodedata.category(c) not in ("Mn", "Cf", "Me", "Co"))
    return kept.translate(_ALIKE).casefold()


def words(text: str) -> list[str]:
    """Return the words of ``text``, folded: runs of letters and digits."""
    return _WORD.findall(fold(text))


def normal(text: str) -> str:
    """Return the words of ``text``, one space before, between and after them, so that `` word `` can be looked for."""
    return f" {' '.join(words(text))} "


def unspaced(text: str) -> str | None:
    """Return ``text`` with letters that stand one by one joined (``a f f a i r``); None where there are none."""
    joined = _SPACED.sub(lambda run: f" {''.join(_WORD.findall(run.group()))} ", text)
    return joined if joined != text else None


@lru_cache(maxsize=8192)
def forms(phrase: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return how ``phrase`` may stand in a text: single words it may be, and padded phrases to look for in a normal text."""
    parts = words(phrase)
    if not parts:
        return frozenset(), ()
    if len(parts) == 1:
        word = parts[0]
        endings = _ENDINGS if len(word) > 3 and not word.isdigit() else ("", "s")
        return frozenset(word + ending for ending in endings), ()
    joined = " ".join(parts)
    return frozenset(), (f" {joined} ", f" {joined}s ")


def holds(phrase: str, text: str, bag: frozenset[str]) -> bool:
    """Say whether a normal ``text``, whose words are ``bag``, holds ``phrase``, or a plain inflection of it."""
    single, several = forms(phrase)
    return not bag.isdisjoint(single) or any(padded in text for padded in several)


def within(text: str, bag: frozenset[str], phrases: tuple[str, ...]) -> str | None:
    """Return the first of ``phrases`` that the text holds."""
    return next((phrase for phrase in phrases if holds(phrase, text, bag)), None)


def runs(apart: list[str], size: int) -> frozenset[tuple[str, ...]]:
    """Return each run of ``size`` words."""
    return frozenset(zip(*(apart[place:] for place in range(size)), strict=False))


@lru_cache(maxsize=2048)
def shingles(text: str, size: int) -> frozenset[tuple[str, ...]]:
    """Return each run of ``size`` words of a raw ``text``; kept, for the texts of a stage come again and again."""
    return runs(words(text), size)
