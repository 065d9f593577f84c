"""Sizes of the first encrypted records of a TLS stream: what is inside shows by how long its messages are, not by more.

Source: RFC 8446 section 5.1 for the record header; type 23 is application data, in TLS 1.3 the encrypted handshake too.
"""

from __future__ import annotations

_APPLICATION_DATA = 23
_HEADER = 5


class RecordSizes:
    """Feed one direction's bytes from its first; get the sizes of whole records of type 23, bytes without the header.

    Bytes that are no record end the reading: ``lost``. ``limit`` records are read, then nothing more is looked at.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._header = bytearray()
        self._left = 0
        self._size = 0
        self.lost = False

    @property
    def done(self) -> bool:
        """Whether nothing more will be read."""
        return self.lost or self._limit <= 0

    def feed(self, data: bytes) -> list[int]:
        """Return the sizes of the records that ``data`` completes. Never raises."""
        found: list[int] = []
        at, end = 0, len(data)
        while at < end and not self.done:
            if self._left:
                step = min(self._left, end - at)
                self._left -= step
                at += step
                if not self._left:
                    self._complete(found)
                continue
            need = _HEADER - len(self._header)
            self._header += data[at : at + need]
            at += need
            if len(self._header) < _HEADER:
                break
            if not 20 <= self._header[0] <= 24 or self._header[1] != 3:
                self.lost = True
                break
            self._left = self._size = int.from_bytes(self._header[3:5], "big")
            if not self._left:
                self._complete(found)
        return found

    def _complete(self, found: list[int]) -> None:
        if self._header[0] == _APPLICATION_DATA:
            found.append(self._size)
            self._limit -= 1
        self._header.clear()
