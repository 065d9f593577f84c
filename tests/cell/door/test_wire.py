from __future__ import annotations

import asyncio
import contextlib
import socket

from vigiles.cell.door.wire import BULK, CHUNK, MOST_HELD, Wire


async def end(*wires: Wire) -> None:
    for wire in wires:
        wire.reset()


def test_wires_that_share_the_room_do_not_mix_their_bytes() -> None:
    async def one(fill: bytes) -> tuple[bytes, bytes]:
        far, near = socket.socketpair()
        out, back = socket.socketpair()
        source, sink = Wire(near), Wire(out)
        far_wire, back_wire = Wire(far), Wire(back)
        sent = fill * 3_000_000

        async def pass_on() -> None:
            while data := await source.take():
                await sink.write(data)
            sink.finish()

        async def say() -> None:
            await far_wire.write(sent)
            far_wire.finish()

        async def hear() -> bytes:
            heard = bytearray()
            while data := await back_wire.read():
                heard += data
                await asyncio.sleep(0)
            return bytes(heard)

        _, _, heard = await asyncio.gather(say(), pass_on(), hear())
        await end(source, sink, far_wire, back_wire)
        return sent, heard

    async def all_at_once() -> list[tuple[bytes, bytes]]:
        return await asyncio.gather(*(one(bytes([65 + at])) for at in range(5)))

    for sent, heard in asyncio.run(all_at_once()):
        assert sent == heard
    assert Wire.held == 0


def test_what_was_put_back_comes_first() -> None:
    async def run() -> tuple[bytes, bytes, bytes]:
        far, near = socket.socketpair()
        wire = Wire(near)
        wire.unread(b"first")
        far.send(b"second")
        got = bytes(await wire.take()), bytes(await wire.take())
        far.close()
        last = bytes(await wire.take())
        await end(wire)
        return *got, last

    assert asyncio.run(run()) == (b"first", b"second", b"")


def test_something_on_top_reads_for_itself() -> None:
    class Upper(Wire):
        async def read(self) -> bytes:
            return (await super().read()).upper()

    async def run() -> bytes:
        far, near = socket.socketpair()
        wire = Upper(near)
        far.send(b"told")
        got = bytes(await wire.take())
        far.close()
        await end(wire)
        return got

    assert asyncio.run(run()) == b"TOLD"


def test_with_much_held_less_is_read_at_once() -> None:
    async def run() -> tuple[int, int]:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * BULK)
            listener.listen()
            far = socket.create_connection(listener.getsockname())
            near, _ = listener.accept()
        wire = Wire(near)
        far.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                far.send(b"x" * CHUNK)
        much = len(await wire.take())
        Wire.held += MOST_HELD
        try:
            little = len(await wire.take())
        finally:
            Wire.held -= MOST_HELD
        far.close()
        await end(wire)
        return much, little

    much, little = asyncio.run(run())
    assert CHUNK < much <= BULK
    assert 0 < little <= CHUNK


def test_a_stream_that_never_pauses_leaves_others_their_turn() -> None:
    async def run() -> int:
        far, near = socket.socketpair()
        wire = Wire(near)
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.ensure_future(other())
        await asyncio.sleep(0)
        before = turns
        for _ in range(200):
            far.send(b"x" * CHUNK)
            assert await wire.take()
        beside.cancel()
        far.close()
        await end(wire)
        return turns - before

    assert asyncio.run(run()) >= 4
