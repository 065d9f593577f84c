"""Words that say too much to be shared by chance: which they are, and a digest by which they can be known again.

A name, a version or a sentence of a program has structure; a note in code has little. The estimate below is coarse on
purpose: it must be the same in the door, which hears a word, and in a detector, which compares it years later.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote

#: A word counts from so many bits on. 60 bits cannot be guessed by trying, so a digest gives no short secret away.
MIN_BITS = 60
#: Words of one text that are looked at, and characters of one word.
MAX_WORDS = 16
MAX_WORD = 512
_SCANNED = 8192

_WORD = re.compile(r"[A-Za-z0-9_+~-]{12,}")
#: What wheels, containers and platforms are called; it looks like code and says nothing.
_PLATFORM = re.compile(
    r"(?:manylinux|musllinux|macosx|linux|win|cp|pp|py|abi|glibc)[_-]?[0-9_]*|x86_64|amd64|aarch64|arm64|none|any",
    re.IGNORECASE,
)
_RUNS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_MIN_HEX = 16
#: Bits a character, in tenths.
_LETTER, _DIGIT, _HEX_DIGIT, _CODE = 20, 33, 40, 50


def bits_of(word: str) -> int:
    """Return about how many bits a word says. Never negative; more characters never say less by much."""
    plain = _PLATFORM.sub("-", word[:MAX_WORD])
    total = 0
    for part in re.split(r"[^A-Za-z0-9]+", plain):
        runs = _RUNS.findall(part)
        letters = sum(run.isalpha() for run in runs)
        if len(part) >= _MIN_HEX and _HEX.fullmatch(part) and 0 < letters < len(runs):
            total += len(part) * _HEX_DIGIT
        elif len(runs) * 5 >= len(part) and len(runs) > 2:
            total += len(part) * (_HEX_DIGIT if _HEX.fullmatch(part) else _CODE)
        elif letters and _unspeakable(part):
            total += len(part) * _HEX_DIGIT
        else:
            total += sum(len(run) * (_LETTER if run.isalpha() else _DIGIT) for run in runs)
    return total // 10


def long_words(text: str) -> list[str]:
    """Return the words of ``text``, percent-encoding undone, that say at least :data:`MIN_BITS`.

    Each once, in order, at most :data:`MAX_WORDS`.
    """
    found: dict[str, None] = {}
    for match in _WORD.finditer(unquote(text[:_SCANNED], errors="replace")):
        word = match[0][:MAX_WORD]
        if bits_of(word) >= MIN_BITS:
            found[word] = None
            if len(found) == MAX_WORDS:
                break
    return list(found)


def digest(word: str) -> str:
    """Return 24 hex digits of the SHA-256 of a word: the same everywhere, so that it can be compared across runs.

    Case and the choice of ``-`` or ``_`` do not count: indexes and resolvers do not tell them apart.
    """
    word = word.lower().replace("_", "-")
    return hashlib.sha256(b"vigiles word\0" + word.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def digests(text: str) -> list[str]:
    """Return the digests of the long words of ``text``."""
    return [digest(word) for word in long_words(text)]


def _unspeakable(part: str) -> bool:
    """Say whether letters follow each other as in no language: hardly a vowel, or hardly anything else."""
    letters = [letter for letter in part.lower() if letter.isalpha()]
    vowels = sum(letter in "aeiouy" for letter in letters)
    return len(letters) >= 10 and not 20 <= 100 * vowels // len(letters) <= 65
