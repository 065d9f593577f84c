"""A stream as a wire: HTTP/1.1 goes in, headers and data come out; the body that is read is never more than was allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from vigiles.cell.door.tls.stream_wire import INTERNAL_ERROR, NO_ERROR, StreamWire
from vigiles.protocols.http2 import Header


class Link:
    """Remembers what the stream did; ``window`` bytes may be sent."""

    def __init__(self, window: int = 1 << 20) -> None:
        self.window = window
        self.did: list[Any] = []
        self.acknowledged = 0
        self.opened = asyncio.Event()

    def headers(self, number: int, headers: list[Header], *, last: bool) -> None:
        self.did.append((int(headers[0][1]), last))

    def data(self, number: int, data: bytes, *, last: bool) -> None:
        self.window -= len(data)
        self.did.append((data, last))

    def room(self, number: int) -> int:
        return self.window

    async def more_room(self) -> None:
        self.opened.clear()
        await self.opened.wait()

    async def drained(self) -> None:
        """There is always room."""

    def taken(self, number: int, size: int) -> None:
        self.acknowledged += size

    def drop(self, number: int, why: int) -> None:
        self.did.append(why)


def on(body: Callable[[Link, StreamWire], Awaitable[None]], *, method: str = "GET", chunked: bool = False) -> None:
    async def main() -> None:
        link = Link()
        async with asyncio.timeout(5):
            await body(link, StreamWire(link, 1, method, chunked=chunked))

    asyncio.run(main())


@pytest.mark.parametrize(
    ("method", "said", "did"),
    [
        (
            "GET",
            [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"ab", b"cd"],
            [(200, False), (b"ab", False), (b"cd", True)],
        ),
        ("GET", [b"HTTP/1.1 204 x\r\n\r\n"], [(204, True)]),
        ("GET", [b"HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n"], [(200, True)]),
        ("HEAD", [b"HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n"], [(200, True)]),
        ("GET", [b"HTTP/1.1 103 x\r\n\r\n", b"HTTP/1.1 204 x\r\n\r\n"], [(103, False), (204, True)]),
        (
            "GET",
            [b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nab\r\n0", b"\r\n\r\n"],
            [(200, False), (b"ab", False), (b"", True)],
        ),
        ("GET", [b"HTTP/1.1 200 x\r\n\r\n", b"abc"], [(200, False), (b"abc", False), (b"", True)]),
    ],
)
def test_answers(method: str, said: list[bytes], did: list[Any]) -> None:
    async def body(link: Link, wire: StreamWire) -> None:
        wire.end()
        for data in said:
            await wire.write(data)
        wire.close()
        assert link.did == did

    on(body, method=method)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_acknowledged_as_it_is_read(chunked: bool) -> None:
    async def body(link: Link, wire: StreamWire) -> None:
        wire.hear(b"abc", 5)
        assert link.acknowledged == 2, "padding only"
        assert await wire.read() == (b"3\r\nabc\r\n" if chunked else b"abc")
        assert link.acknowledged == 5
        wire.end()
        assert await wire.read() == (b"0\r\n\r\n" if chunked else b"")
        assert await wire.read() == b""

    on(body, chunked=chunked)


def test_it_waits_for_the_client_to_take_more() -> None:
    async def body(link: Link, wire: StreamWire) -> None:
        wire.end()
        link.window = 3
        writing = asyncio.ensure_future(wire.write(b"HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\nabcde"))
        await asyncio.sleep(0.01)
        assert link.did == [(200, False), (b"abc", False)]
        link.window = 9
        link.opened.set()
        await writing
        assert link.did[2:] == [(b"de", True)]

    on(body)


def test_early_ends() -> None:
    async def body(link: Link, wire: StreamWire) -> None:
        await wire.write(b"HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\na")
        wire.hear(b"more", 4)
        wire.close()
        assert link.did[2:] == [NO_ERROR], "the answer is whole, the request is not wanted any more"
        assert link.acknowledged == 4

        half = StreamWire(link, 3, "GET", chunked=False)
        half.end()
        await half.write(b"HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\na")
        half.close()
        assert link.did[-1] == INTERNAL_ERROR

        ragged = StreamWire(link, 5, "GET", chunked=False)
        ragged.end()
        await ragged.write(b"HTTP/1.1 200 x\r\n\r\na")
        ragged.ragged = True
        ragged.close()
        assert link.did[-1] == INTERNAL_ERROR

        lost = StreamWire(link, 7, "GET", chunked=False)
        lost.lose()
        with pytest.raises(ConnectionResetError):
            await lost.read()
        with pytest.raises(ConnectionResetError):
            await lost.write(b"HTTP/1.1 200 x\r\n\r\n")
        count = len(link.did)
        lost.offer(b"HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n")
        lost.close()
        assert len(link.did) == count, "nothing is said of a stream that is gone"

    on(body)


def test_a_farewell_that_does_not_fit_is_a_reset() -> None:
    async def body(link: Link, wire: StreamWire) -> None:
        wire.end()
        link.window = 0
        wire.offer(b"HTTP/1.1 403 x\r\nContent-Length: 5\r\n\r\nabcde")
        assert link.did == [(403, False), INTERNAL_ERROR]

    on(body)
