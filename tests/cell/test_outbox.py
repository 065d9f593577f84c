"""Orders to a process that is slow to take them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from vigiles.cell import outbox, wire
from vigiles.cell.outbox import Outbox

_text = msgspec.msgpack.Decoder(str)


def run(work: Callable[[Outbox, socket.socket], Awaitable[None]]) -> None:
    async def main() -> None:
        ours, theirs = wire.pair()
        ours.setblocking(False)
        with ours, theirs:
            box = Outbox(ours)
            async with asyncio.timeout(20):
                await work(box, theirs)
            box.close()

    asyncio.run(main())


def fill(box: Outbox) -> int:
    """Send until orders wait; return how many there are in all."""
    sent = 0
    while not box._waiting:
        box.send(f"{sent}" + "x" * 1000)
        sent += 1
    return sent


async def take(sock: socket.socket) -> tuple[str, list[int]]:
    return await asyncio.to_thread(wire.receive, sock, _text)


def test_what_finds_no_room_waits_in_order_with_its_descriptors() -> None:
    async def work(box: Outbox, other: socket.socket) -> None:
        count = fill(box)
        reader, writer = os.pipe()
        box.send("with a pipe", [writer])
        os.close(writer)
        for number in range(count):
            assert (await take(other))[0].rstrip("x") == str(number)
        text, (received,) = await take(other)
        assert text == "with a pipe"
        os.write(received, b"through")
        os.close(received)
        assert os.read(reader, 100) == b"through"
        assert os.read(reader, 100) == b"", "no copy of the writing end is left"
        os.close(reader)

    run(work)


def test_an_urgent_order_passes_those_that_wait_and_always_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST", 10)

    async def work(box: Outbox, other: socket.socket) -> None:
        count = fill(box)
        for number in range(9):
            box.send(f"late {number}")
        with pytest.raises(BlockingIOError):
            box.send("one too many")
        box.send("stop", urgent=True)
        box.send("go on", urgent=True)
        heard = [(await take(other))[0].rstrip("x") for _ in range(count + 11)]
        in_kernel = [str(number) for number in range(count - 1)]
        assert heard == [*in_kernel, "stop", "go on", str(count - 1), *(f"late {number}" for number in range(9))]

    run(work)


def test_an_end_that_is_gone_is_an_error_and_lets_go_of_what_waits() -> None:
    async def work(box: Outbox, other: socket.socket) -> None:
        fill(box)
        reader, writer = os.pipe()
        box.send("never", [writer])
        os.close(writer)
        other.close()
        while box._waiting:
            await asyncio.sleep(0.01)
        assert os.read(reader, 1) == b""
        os.close(reader)
        with pytest.raises(OSError, match="pipe"):
            box.send("too late")

    run(work)
