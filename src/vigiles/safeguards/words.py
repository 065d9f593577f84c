"""Text as words: one spelling for what looks the same, what language it resembles, and what an encoding hides.

Everything here is cheap enough to be asked of each outgoing text: tables are made at import, patterns compiled once.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote

_WORD = re.compile(r"[a-z0-9]+")
_SPACED = re.compile(r"(?<![a-z0-9])(?:[a-z0-9][ ._*-]){4,}[a-z0-9](?![a-z0-9])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ :-]?){6,}")
_CODES = re.compile(r"(?:\d{2,3}[ ,;-]+){5,}\d{2,3}")
_MIXED = re.compile(r"[a-z][013457@$!|]+[a-z]|(?<![a-z0-9])[013457@$!|][a-z]{2}")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})")
#: Characters of a text that are looked at; what is longer cannot be vouched for.
LONGEST = 100_000

#: Letters of other alphabets that look like ours, and marks that show nothing.
_LOOKS: dict[int, str | None] = {
    **dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD]),
    **{
        ord(other): ours
        for other, ours in zip("абвеёзикмнорстухіјԁѕԛԝαβεικνορτυχ", "abbee3ukmhopctyxijdsqwabeikvoptux", strict=True)
    },
}
_LEET = str.maketrans("013457@$!|", "oieastasii")
_ROTATIONS = [
    str.maketrans(string.ascii_lowercase, string.ascii_lowercase[shift:] + string.ascii_lowercase[:shift])
    for shift in range(1, 26)
]


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


#: Words that any English sentence has; of a text that is English, about every third word is one.
FUNCTION_WORDS = word_set(
    "a about after all also am an and any are as at be been before but by can could did do does done for from get go had has"
    " have he her here him his how i if in into is it its just let like me more my need next no not now of on one or our out"
    " over please re so some than thank thanks that the their them then there these they this those to today tomorrow up us"
    " very was we week were what when where which who will with would yes you your best dear hello hi kind regards"
)


def plain_words(text: str) -> list[str]:
    """Return the words of a text in one spelling: lower case, compatibility forms, lookalikes and accents resolved."""
    return _WORD.findall(_spelt(text))


def shingles(words: Sequence[str], length: int = 4) -> Iterator[tuple[str, ...]]:
    """Return every run of ``length`` words."""
    return zip(*(words[start:] for start in range(length)), strict=False)


def is_language(words: Sequence[str]) -> bool:
    """Say whether words look like English sentences: at least one in eight is a function word; few words always do."""
    return len(words) < 8 or sum(word in FUNCTION_WORDS for word in words) * 8 >= len(words)


def hidden(text: str) -> list[str]:
    """Return what a text holds in another form: encodings, spaced-out or replaced letters; twice over where nested."""
    found = list(_decoded(text[:LONGEST]))
    for inner in list(found):
        found += _decoded(inner)
    spelt = _spelt(text)
    found += [re.sub("[^a-z0-9]", "", run) for run in _SPACED.findall(spelt)]
    if _MIXED.search(spelt):
        found.append(spelt.translate(_LEET))
    return found


def turned(text: str) -> Iterator[str]:
    """Yield the text with its letters rotated, by every shift, and backwards: for texts that look like no language."""
    spelt = _spelt(text)
    for table in _ROTATIONS:
        yield spelt.translate(table)
    yield spelt[::-1]


def opaque(text: str) -> bool:
    """Say whether a text holds a run that looks encoded: long, without a space, and mixed as no word is."""
    return any(_mixed(run[0]) for run in _BASE64.finditer(text))


def _spelt(text: str) -> str:
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.translate(_LOOKS)).casefold().translate(_LOOKS)
    return "".join(mark for mark in folded if not unicodedata.combining(mark))


def _mixed(run: str) -> bool:
    kinds = any(map(str.islower, run)) + any(map(str.isupper, run[1:])) + any(map(str.isdigit, run))
    return len(run) >= 20 and kinds >= 2 and "-" not in run.strip("-")


def _decoded(text: str) -> Iterator[str]:
    for match in _HEX.finditer(text):
        yield from _readable(binascii.unhexlify, re.sub("[^0-9A-Fa-f]", "", match[0]))
    for match in _CODES.finditer(text):
        numbers = [int(number) for number in re.findall(r"\d+", match[0])]
        if all(number < 256 for number in numbers):
            yield bytes(numbers).decode("latin-1")
    for match in _BASE64.finditer(text):
        run = match[0].rstrip("=").translate(str.maketrans("-_", "+/"))
        yield from _readable(base64.b64decode, run + "=" * (-len(run) % 4))
        if run.isupper() or run.islower():
            yield from _readable(base64.b32decode, run.upper() + "=" * (-len(run) % 8))
    if _PERCENT.search(text):
        yield unquote(text)


def _readable(decode: Callable[[str], bytes], run: str) -> Iterator[str]:
    try:
        told = decode(run).decode("utf-8")
    except (ValueError, binascii.Error):
        return
    if told.isprintable() or sum(character.isprintable() for character in told) * 10 >= len(told) * 9:
        yield told
