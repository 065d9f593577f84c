"""One stream of an HTTP/2 connection as a wire that speaks HTTP/1.1: who serves a request need not know."""

from __future__ import annotations

import asyncio
from typing import Protocol

from vigiles.cell.door.wire import CHUNK, Wire
from vigiles.protocols.http import Framing, HeadReader, response_framing, response_head
from vigiles.protocols.http2 import Header, response_headers
from vigiles.protocols.http_chunked import ChunkedScanner

#: RFC 9113 section 7.
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM = 0, 2, 7


class Link(Protocol):
    """What a stream needs of its connection."""

    def headers(self, number: int, headers: list[Header], *, last: bool) -> None:
        """Send an answer's header list."""

    def data(self, number: int, data: bytes, *, last: bool) -> None:
        """Send bytes for which there is :meth:`room`."""

    def room(self, number: int) -> int:
        """Return how many bytes the client takes now."""

    async def more_room(self) -> None:
        """Wait until that may have changed."""

    async def drained(self) -> None:
        """Wait while too much is still to be sent."""

    def taken(self, number: int, size: int) -> None:
        """Let the client send as many bytes more."""

    def drop(self, number: int, why: int) -> None:
        """End the stream early."""


class StreamWire(Wire):
    """Reads a request's body and writes its answer. ``chunked``: the body's length is not known before its end.

    ``hear``, ``end`` and ``lose`` are for the connection, which hears of these from the client.
    """

    def __init__(self, link: Link, number: int, method: str, *, chunked: bool) -> None:
        # No socket, and so nothing of a wire's own beginning.
        self._pending = b""
        self.ragged = False
        self._link, self._number, self._method, self._chunked = link, number, method, chunked
        self._heard = bytearray()
        self._news = asyncio.Event()
        self._ended = self._lost = self._over = False
        self._head: HeadReader | None = HeadReader()
        self._framing = Framing(kind="none")
        self._left = 0
        self._unsent = bytearray()
        self._scanner = ChunkedScanner(self._unsent)
        self._complete = False

    # -- the connection's side -------------------------------------------------------------------------------------

    def hear(self, data: bytes, counted: int) -> None:
        """The client sent ``data``, which took ``counted`` bytes of what it may send."""
        if self._over:
            self._link.taken(self._number, counted)
            return
        self._heard += data
        if counted > len(data):
            self._link.taken(self._number, counted - len(data))
        self._news.set()

    def end(self) -> None:
        """The request is whole."""
        self._ended = True
        self._news.set()

    def lose(self) -> None:
        """The client wants no answer any more."""
        self._lost = self._over = True
        self._news.set()

    # -- a wire's ------------------------------------------------------------------------------------------------

    async def read(self) -> bytes:
        """Return more of the request's body, in chunks where its length is not known."""
        if self._pending:
            return await super().read()
        while not self._heard and not self._ended:
            if self._lost:
                raise ConnectionResetError("the client reset the stream")
            self._news.clear()
            await self._news.wait()
        data = bytes(self._heard[:CHUNK])
        del self._heard[: len(data)]
        if data:
            self._link.taken(self._number, len(data))
            return b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data
        last, self._chunked = self._chunked, False
        return b"0\r\n\r\n" if last else b""

    async def write(self, data: bytes | memoryview) -> None:
        """Take the answer as HTTP/1.1 has it, and send it as the client takes it."""
        self._translate(bytes(data))
        while not self._push():
            await self._link.more_room()
        await self._link.drained()

    def offer(self, data: bytes) -> None:
        """See :meth:`Wire.offer`; an answer that does not go at once is none."""
        try:
            self._translate(data)
            if not self._push():
                self.reset()
        except ConnectionResetError:
            pass

    def _translate(self, data: bytes) -> None:
        while self._head is not None:
            lines = self._head.feed(data)
            if lines is None:
                return
            head, data = response_head(lines), self._head.rest
            final = head.status >= 200
            self._head = None if final else HeadReader()
            if final:
                self._framing = response_framing(head, self._method)
                self._left = self._framing.size
                self._complete = self._framing.kind == "none" or (self._framing.kind == "length" and not self._left)
            if self._over:
                raise ConnectionResetError("the stream is over")
            self._link.headers(self._number, response_headers(head), last=final and self._complete)
            self._over = final and self._complete
        if self._framing.kind == "chunked":
            self._scanner.feed(data)
            self._complete = self._scanner.done
        elif not self._complete:
            self._unsent += data
            self._left -= len(data)
            self._complete = self._framing.kind == "length" and self._left <= 0

    def _push(self) -> bool:
        """Send what may be sent; return whether that was all. Raises ConnectionResetError when nobody takes it."""
        if self._lost:
            raise ConnectionResetError("the client reset the stream")
        while self._unsent and (size := min(self._link.room(self._number), CHUNK)) > 0:
            data = bytes(self._unsent[:size])
            del self._unsent[: len(data)]
            self._over = self._complete and not self._unsent
            self._link.data(self._number, data, last=self._over)
        if self._complete and not self._unsent and not self._over:
            self._over = True
            self._link.data(self._number, b"", last=True)
        return not self._unsent

    async def hear_out(self, seconds: float) -> None:
        """Nothing: a stream that is ended takes no answer away that was sent before."""

    def finish(self) -> None:
        """The answer is over: where nothing else ends it, this does."""
        if not self._over and self._framing.kind == "close" and self._head is None and not self.ragged and not self._unsent:
            self._over = True
            self._link.data(self._number, b"", last=True)

    def close(self) -> None:
        """End the stream, in peace if its answer is whole."""
        self.finish()
        self._link.taken(self._number, len(self._heard))
        self._heard.clear()
        if not self._over:
            self.reset()
        elif not self._ended and not self._lost:
            # RFC 9113 section 8.1: a whole answer to a request that is still being sent, and not wanted any more.
            self._ended = True
            self._link.drop(self._number, NO_ERROR)

    def reset(self) -> None:
        """End the stream as broken."""
        if not self._lost and not (self._over and self._ended):
            self._lost = self._over = True
            self._link.drop(self._number, INTERNAL_ERROR)
