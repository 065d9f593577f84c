"""Where a chunked body ends (RFC 9112 section 7.1), strictly; what it holds, for whoever wants it."""

from __future__ import annotations

import re

from vigiles.protocols.http import field
from vigiles.protocols.malformed import Malformed

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\Z")
#: What a line of each kind may be while its end has not come: it goes on before it is whole, so no CR may stand within it.
_BEGUN = {
    "size": re.compile(rb"(?:[0-9A-Fa-f]{1,15}(?:[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?)?)?\r?\Z"),
    "gap": re.compile(rb"\r?\Z"),
    "trailer": re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?::[\t\x20-\x7e\x80-\xff]*)?)?\r?\Z"),
}
_MAX_LINE = 512
_MAX_TRAILER = 4096
#: RFC 9110 6.5.1: what frames or routes a message may not come behind it, for a recipient may merge trailers into the head.
NOT_TRAILERS = frozenset(["host", "content-length", "transfer-encoding", "connection", "upgrade"])


class ChunkedScanner:
    """Feed body bytes; learn how many of them belong to this body. ``done`` once the last chunk and trailers passed.

    ``content``: where given, what the chunks hold is appended to it. ``held``: where set to a list, each feed adds what of
    its bytes the chunks hold, as (begin, end).
    """

    def __init__(self, content: bytearray | None = None) -> None:
        self._content = content
        self._line = bytearray()
        self._left = 0
        self._state = "size"
        self._trailer = 0
        self.done = False
        self.held: list[tuple[int, int]] | None = None

    def feed(self, data: bytes) -> int:
        """Return how many leading bytes of ``data`` belong to the body. Raises :class:`Malformed`."""
        at, end = 0, len(data)
        while at < end and not self.done:
            if self._state == "data":
                step = min(self._left, end - at)
                if self._content is not None:
                    self._content += data[at : at + step]
                self._left -= step
                if self.held is not None:
                    self.held.append((at, at + step))
                at += step
                if not self._left:
                    self._state = "gap"
                continue
            newline = data.find(b"\n", at)
            stop = end if newline < 0 else newline + 1
            self._line += data[at:stop]
            at = stop
            if len(self._line) > _MAX_LINE:
                raise Malformed("http: a chunk line is too long")
            if newline < 0:
                if not _BEGUN[self._state].match(self._line):
                    raise Malformed("http: not the beginning of a chunk line")
                break
            if self._line[-2:] != b"\r\n":
                raise Malformed("http: a chunk line without CRLF")
            self._end_line(bytes(self._line[:-2]))
            self._line.clear()
        return at

    def _end_line(self, line: bytes) -> None:
        if self._state == "gap":
            if line:
                raise Malformed("http: a chunk is longer than it said")
            self._state = "size"
        elif self._state == "size":
            match = _SIZE.match(line)
            if match is None:
                raise Malformed("http: not a chunk size")
            self._left = int(match[1], 16)
            self._state = "data" if self._left else "trailer"
        else:
            self._trailer += len(line)
            if not line:
                self.done = True
            elif self._trailer > _MAX_TRAILER:
                raise Malformed("http: the trailers are too long")
            elif field(line)[0].lower() in NOT_TRAILERS:
                raise Malformed("http: a trailer that would change the message")
