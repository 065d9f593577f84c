"""Lines of a trajectory from its bytes, however they come; a line without an end is not kept."""

from __future__ import annotations

from collections.abc import Iterator

from vigiles.protocols.malformed import Malformed

#: The longest line, bytes: a tool's output in it may be long, but memory is not the transcript's to use up.
LONGEST = 16 << 20


class Lines:
    """Feed bytes, then :meth:`end`; each line comes with its number, from 1. Blank lines are counted and left out."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._pending = bytearray()
        #: The number of the last line that was given out, or is being read.
        self.number = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that ``data`` completes. Raises :class:`Malformed` for a line that is too long."""
        *whole, rest = data.split(b"\n")
        for part in whole:
            self._pending += part
            yield from self.end()
        self._pending += rest
        self._check()

    def end(self) -> Iterator[tuple[int, bytes]]:
        """Yield what is left as the last line."""
        self._check()
        line = bytes(self._pending).strip(b" \t\r\xef\xbb\xbf" if self.number == 0 else b" \t\r")
        self._pending.clear()
        self.number += 1
        if line:
            yield self.number, line

    def _check(self) -> None:
        if len(self._pending) > self._longest:
            self._pending.clear()
            self.number += 1
            raise Malformed(f"the line is longer than {self._longest} bytes")
