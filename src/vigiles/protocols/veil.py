"""Hiding secrets in a stream: each spelling of each becomes as many asterisks, so that no length changes. Pure.

In a chunked body the secret is looked for in what the chunks hold together.
"""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Sequence

from vigiles.protocols.http_chunked import ChunkedScanner
from vigiles.protocols.malformed import Malformed

#: The shortest secret: hiding less would hide honest words.
SHORTEST = 8
_MASK = b"*"
_MOST_HEAD = 64 * 1024


class Concealed(Exception):
    """The answer is encoded, so that nobody can say whether a secret is in it."""


def spellings(secret: bytes) -> list[bytes]:
    """Return how a secret may be written, the longest first: as it is, quoted for a URL or JSON, in base64 and hex."""
    forms = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    forms.add(urllib.parse.quote(secret, safe="").encode())
    forms.add(urllib.parse.quote_plus(secret).encode())
    forms.add(json.dumps(secret.decode("latin-1"))[1:-1].encode())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset, start in ((0, 0), (1, 2), (2, 3)):
            whole = encode(bytes(offset) + secret)
            forms.add(whole[start : (offset + len(secret)) * 8 // 6])
    return sorted(forms, key=len, reverse=True)


class Mask:
    """Feed a stream and the spans of it that count; get it back hidden. The last bytes, fewer than the longest spelling has,
    wait for what follows, whatever they are: if only a secret's beginning waited, the delay would tell of it. Whoever has
    waited long enough takes them with :meth:`rest`; what follows is hidden all the same.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._patterns = sorted({form for secret in secrets for form in spellings(secret)}, key=len, reverse=True)
        self._kept = max(map(len, self._patterns), default=1) - 1
        self._raw = bytearray()
        #: What counts of ``_raw``: (begin, end); and how much of ``_raw`` was given already.
        self._spans: list[tuple[int, int]] = []
        self._given = 0

    @property
    def waiting(self) -> bool:
        """Whether something waits."""
        return self._given < len(self._raw)

    def feed(self, data: bytes, spans: Sequence[tuple[int, int]] | None = None) -> bytes:
        """Return what can be given on. ``spans`` are of ``data``; None is all of it."""
        base = len(self._raw)
        self._raw += data
        self._spans += [(base + begin, base + end) for begin, end in ([(0, len(data))] if spans is None else spans)]
        counted = b"".join(self._raw[begin:end] for begin, end in self._spans)
        for pattern in self._patterns:
            at = counted.find(pattern)
            while at >= 0:
                self._hide(at, at + len(pattern))
                at = counted.find(pattern, at + len(pattern))
            # What does not count, as the fields behind a chunked body, is looked through by itself.
            at = -1 if spans is None else self._raw.find(pattern)
            while at >= 0:
                self._raw[at : at + len(pattern)] = _MASK * len(pattern)
                at = self._raw.find(pattern, at + len(pattern))
        return self._give(self._place(len(counted) - self._kept))

    def rest(self) -> bytes:
        """Return what waits."""
        return self._give(len(self._raw))

    def _hide(self, begin: int, end: int) -> None:
        passed = 0
        for start, stop in self._spans:
            size = stop - start
            first, last = max(begin - passed, 0), min(end - passed, size)
            if first < last:
                self._raw[start + first : start + last] = _MASK * (last - first)
            passed += size

    def _place(self, counted: int) -> int:
        """Return where in ``_raw`` the byte stands that is number ``counted`` of what counts; 0 for one before it."""
        for start, stop in self._spans:
            if counted < stop - start:
                return start + max(counted, 0) if counted >= 0 else 0
            counted -= stop - start
        return len(self._raw)

    def _give(self, upto: int) -> bytes:
        given = bytes(self._raw[self._given : upto])
        self._given = max(self._given, upto)
        # As much of what was given is kept as a spelling could have begun in.
        counted = sum(end - begin for begin, end in self._spans)
        cut = min(self._place(counted - self._kept), self._given)
        del self._raw[:cut]
        self._spans = [(max(begin - cut, 0), end - cut) for begin, end in self._spans if end > cut]
        self._given -= cut
        return given


class Veil:
    """Hides secrets in the answers of one HTTP/1 connection, heads and bodies. ``after`` a 101 all of it is one stream."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._mask = Mask(secrets)
        self._head = bytearray()
        self._in_head = True
        self._scanner: ChunkedScanner | None = None

    def feed(self, data: bytes) -> bytes:
        """Return what can be given on. Raises :class:`Concealed` for an answer in a coding that hides what is in it."""
        if not self._in_head:
            return self._body(data)
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0 and len(self._head) <= _MOST_HEAD:
            return b""
        head, rest = bytes(self._head[: end + 4]), bytes(self._head[end + 4 :])
        if end < 0:
            head, rest = bytes(self._head), b""
        self._head.clear()
        self._take(head)
        # Whoever has a whole head has all of it.
        shown = self._mask.feed(head) + self._mask.rest()
        return shown + (self.feed(rest) if rest else b"")

    @property
    def waiting(self) -> bool:
        """Whether something of a body waits for what follows."""
        return not self._in_head and self._mask.waiting

    def rest(self) -> bytes:
        """Return what waits: nothing followed for a while, or the stream has ended."""
        left, self._head = bytes(self._head), bytearray()
        return (self._mask.feed(left) if left else b"") + self._mask.rest()

    def _take(self, head: bytes) -> None:
        start, *lines = head.lower().split(b"\r\n")
        status = start.split(b" ")[1:2]
        self._in_head = bool(status) and status[0][:1] == b"1" and status[0] != b"101"
        for line in lines:
            name, _, value = line.partition(b":")
            if name == b"content-encoding" and value.strip() not in (b"", b"identity"):
                raise Concealed
            if name == b"transfer-encoding" and b"chunked" in value:
                self._scanner = ChunkedScanner()

    def _body(self, data: bytes) -> bytes:
        if self._scanner is None or self._scanner.done:
            return self._mask.feed(data)
        self._scanner.held = []
        try:
            self._scanner.feed(data)
        except Malformed:
            self._scanner = None  # whoever reads the answer ends it here
            return self._mask.feed(data)
        return self._mask.feed(data, self._scanner.held)
