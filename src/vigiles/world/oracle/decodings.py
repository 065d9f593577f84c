"""The other ways in which a text can be read: what somebody who knows the trick would make of it.

Whole texts: leet, letters one by one, a shifted or mirrored alphabet, backwards. Runs within a text: base64 (also of packed
bytes), base32, hexadecimal, decimal and binary codes, percent and entity escapes. A reading is read again, three deep.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import html
import lzma
import re
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import unquote

from vigiles.world.oracle.normal import fold, unspaced, words

_DEPTH = 3
_MOST = 24  # readings of one text
_LARGEST = 1 << 16  # bytes that packed data may become
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}={0,2}(?:\s+[A-Za-z0-9+/_-]{4,}={0,2})*")
_CHUNK = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_BASE32 = re.compile(r"[A-Z2-7]{16,}={0,6}")
_HEX = re.compile(r"(?<![^\W_])(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s:,.-]*){8,}")
_DECIMAL = re.compile(r"(?:\b\d{2,3}\b[\s,;.-]*){8,}")
_BINARY = re.compile(r"(?:\b[01]{7,8}\b\s*){6,}")
_LEET = re.compile(r"[A-Za-z][0-9@$!|+]|[0-9@$!|+][A-Za-z]")
_LEETS = (str.maketrans("013457@$!|+", "oieastasiit"), str.maketrans("013457@$!|+", "oleastasllt"))
_NIBBLES = re.compile(r"[0-9a-fA-F]{2}")
_SMALL = "abcdefghijklmnopqrstuvwxyz"
#: Words that an English text of some length holds; their shapes in a shifted alphabet give it away.
_USUAL = ("the", "and", "that", "this", "with", "from", "have", "will", "been", "before", "they", "your", "about")


def _alphabets() -> dict[str, dict[int, int]]:
    """Return each alphabet trick by name, as the table that undoes it."""
    tables = {f"shift-{k}": str.maketrans(_SMALL, _SMALL[k:] + _SMALL[:k]) for k in range(1, 26)}
    tables["mirror"] = str.maketrans(_SMALL, _SMALL[::-1])
    return tables


_ALPHABETS = _alphabets()


@lru_cache(maxsize=8192)
def _shapes(word: str) -> tuple[tuple[str, str], ...]:
    """Return what one word looks like in every whole-text trick: shape and trick."""
    if len(word) < 3 or not word.isalpha():
        return ()
    found = [(word[::-1], "backwards")]
    for name, table in _ALPHABETS.items():
        # The table undoes the trick, so the disguised word is where its inverse leads. The mirror is its own inverse.
        inverse = _ALPHABETS[f"shift-{26 - int(name[6:])}"] if name.startswith("shift-") else table
        found.append((word.translate(inverse), name))
    return tuple(found)


@lru_cache(maxsize=256)
def disguises(known: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Return what the ``known`` words and the usual ones look like in every whole-text trick: shape -> tricks."""
    found: dict[str, tuple[str, ...]] = {}
    for word in known.union(_USUAL):
        for shape, trick in _shapes(word):
            found[shape] = (*found[shape], trick) if shape in found else (trick,)
    return found


def _tricks(folded: str, disguised: Mapping[str, tuple[str, ...]], known: frozenset[str]) -> Iterable[str]:
    hits: dict[str, int] = {}
    for word in set(words(folded)):
        if word in disguised and word not in known:
            for name in disguised[word]:
                hits[name] = hits.get(name, 0) + (2 if len(word) > 3 else 1)
    for name, count in hits.items():
        if count >= 2:
            yield folded[::-1] if name == "backwards" else folded.translate(_ALPHABETS[name])


def _spelt(text: str, known: frozenset[str]) -> str | None:
    """Return the ``known`` words in a text that is spelt out letter by letter, in their order; None where it is not."""
    apart = words(text)
    if 3 * sum(len(word) == 1 for word in apart) < 2 * len(apart) or len(apart) < 8:
        return None
    run = "".join(apart)
    found = sorted((run.find(word), word) for word in known if len(word) > 2 and word in run)
    return " ".join(word for _, word in found) or None


def unpack(raw: bytes) -> str | None:
    """Return the text in ``raw``, unpacked if it is packed (gzip, zlib, bz2, xz); None where it is no text."""
    try:
        if raw[:2] in (b"\x1f\x8b", b"\x78\x9c", b"\x78\xda", b"\x78\x01", b"\x78\x5e"):
            raw = zlib.decompressobj(47).decompress(raw, _LARGEST)
        elif raw[:3] == b"BZh":
            raw = bz2.BZ2Decompressor().decompress(raw, _LARGEST)
        elif raw[:6] == b"\xfd7zXZ\x00":
            raw = lzma.LZMADecompressor().decompress(raw, _LARGEST)
        text = raw.decode("utf-8")
    except (zlib.error, OSError, lzma.LZMAError, UnicodeDecodeError, EOFError):
        return None
    plain = sum(c.isprintable() or c.isspace() for c in text)
    return text if len(text) >= 4 and plain >= 0.95 * len(text) else None


def from_base64(run: str) -> str | None:
    """Return the text that ``run`` is the base64 of, in either alphabet, padded or not."""
    run = re.sub(r"[\s=]+", "", run).translate(str.maketrans("-_", "+/"))
    try:
        return unpack(binascii.a2b_base64(run[: len(run) - (len(run) % 4 == 1)] + "=" * (-len(run) % 4)))
    except binascii.Error:
        return None


def _from_base32(run: str) -> str | None:
    run = run.rstrip("=")
    try:
        return unpack(base64.b32decode(run + "=" * (-len(run) % 8)))
    except binascii.Error:
        return None


def _runs(text: str) -> Iterable[str | None]:
    for run in _BASE64.findall(text):
        yield from_base64(run)
        if " " in run or "\n" in run:
            yield from map(from_base64, run.split())
    if any(c in text for c in "0123456789"):
        for run in _HEX.findall(text):
            yield unpack(bytes.fromhex("".join(_NIBBLES.findall(run.replace("0x", " ").replace("\\x", " ")))))
        for run in _DECIMAL.findall(text):
            yield "".join(chr(int(code)) for code in re.findall(r"\d+", run))
        for run in _BINARY.findall(text):
            yield "".join(chr(int(code, 2)) for code in run.split())
        for run in _BASE32.findall(text):
            yield _from_base32(run)
    if "%" in text:
        yield unquote(text)
    if "&#" in text:
        yield html.unescape(text)


def readings(text: str, disguised: Mapping[str, tuple[str, ...]], known: frozenset[str]) -> list[str]:
    """Return the ways to read ``text``, itself first. ``disguised`` is :func:`disguises` of the ``known`` words."""
    found = [text]
    fresh = [text]
    for _ in range(_DEPTH):
        more: list[str] = []
        for one in fresh:
            folded = fold(one)
            ways: list[str | None] = [*_runs(one), *_tricks(folded, disguised, known), unspaced(one), _spelt(one, known)]
            if _LEET.search(one):
                ways += [folded.translate(table) for table in _LEETS]
            for way in ways:
                if way is not None and way not in found and len(found) < _MOST:
                    found.append(way)
                    more.append(way)
        fresh = more
        if not fresh:
            break
    return found


def chunks(text: str) -> list[str]:
    """Return the runs of ``text`` that may be parts of an encoding which goes on elsewhere, in order."""
    return [run for run in _CHUNK.findall(text) if not run.isalpha() or not (run.islower() or run.istitle())]
