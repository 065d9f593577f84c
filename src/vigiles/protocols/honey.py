"""Finding honey tokens in text by commitments alone: whoever looks for a token need not know it. Pure.

For each spelling the first characters are known; what follows them is hashed and compared. So detector, door and a replay of
the ledger find the same, and neither holds a token.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

from vigiles.model.honey import HoneyMark, HoneyToken

#: Characters of a spelling that its mark tells.
ANCHOR = 6
_NOT_FOLDED = re.compile(rb"[^a-z0-9]+")


def token_of(name: str, token: str, salt: bytes) -> HoneyToken:
    """Return the commitments to ``token`` (ASCII, 16 characters or more) in all its spellings."""
    raw = token.encode("ascii")
    forms = [("plain", raw), ("hex", raw.hex().encode()), ("folded", fold(raw))]
    for offset, start in ((0, 0), (1, 2), (2, 3)):
        whole = base64.b64encode(bytes(offset) + raw)
        forms.append(("base64", whole[start : (offset + len(raw)) * 8 // 6]))
    return HoneyToken(name=name, marks=[_mark(form, spelling, salt) for form, spelling in forms])


def fold(data: bytes) -> bytes:
    """Return the letters and digits, in lower case: what of a text survives in a DNS name."""
    return _NOT_FOLDED.sub(b"", data.lower())


def found(data: bytes, tokens: Sequence[HoneyToken], salt: bytes, *, folded: bool = False) -> list[str]:
    """Return the names of the tokens that stand in ``data``; ``folded``: in a text that :func:`fold` made."""
    return [
        token.name
        for token in tokens
        if any((mark.form == "folded") == folded and _holds(data, mark, salt) for mark in token.marks)
    ]


def longest(tokens: Sequence[HoneyToken]) -> int:
    """Return the length of the longest spelling: how much of a stream's end must be kept for its next part."""
    return max((mark.length for token in tokens for mark in token.marks), default=0)


def _mark(form: str, spelling: bytes, salt: bytes) -> HoneyMark:
    digest = hashlib.sha256(salt + spelling).hexdigest()
    return HoneyMark(form=form, anchor=spelling[:ANCHOR].decode(), length=len(spelling), sha256=digest)


def _holds(data: bytes, mark: HoneyMark, salt: bytes) -> bool:
    anchor = mark.anchor.encode("ascii", "replace")
    at = data.find(anchor) if anchor else -1
    while at >= 0:
        spelling = data[at : at + mark.length]
        if len(spelling) == mark.length and hashlib.sha256(salt + spelling).hexdigest() == mark.sha256:
            return True
        at = data.find(anchor, at + 1)
    return False


class Stream:
    """Looks through one direction of a conversation as it comes, also where a token is cut in two."""

    def __init__(self, tokens: Sequence[HoneyToken], salt: bytes) -> None:
        self._tokens = tokens
        self._salt = salt
        self._kept = max(0, longest(tokens) - 1)
        self._tail = b""
        self._seen: set[str] = set()

    def feed(self, data: bytes) -> list[str]:
        """Return the names of tokens that were not there before."""
        whole = self._tail + data
        new = [name for name in found(whole, self._tokens, self._salt) if name not in self._seen]
        self._seen.update(new)
        self._tail = whole[-self._kept :] if self._kept else b""
        return new
