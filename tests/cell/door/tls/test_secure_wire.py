"""TLS on a wire: bytes arrive whole and in order both ways, and what was cut off says so."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from vigiles.cell.door.tls.secure_wire import SecureWire, harden
from vigiles.cell.door.wire import Wire

Talk = Callable[[SecureWire, SecureWire, Wire], Awaitable[None]]


@pytest.fixture
def talk(certificate: Path) -> Callable[[Talk], None]:
    def run(body: Talk) -> None:
        async def main() -> None:
            ours, theirs = socket.socketpair()
            served = harden(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
            served.load_cert_chain(certificate)
            trusting = harden(ssl.create_default_context(cafile=certificate))
            under = Wire(ours)
            client = SecureWire(under, trusting, server_side=False, name="allowed.example")
            server = SecureWire(Wire(theirs), served, server_side=True)
            async with asyncio.timeout(10):
                await asyncio.gather(client.handshake(), server.handshake())
                await body(client, server, under)
            client.reset()
            server.reset()

        asyncio.run(main())

    return run


def test_both_ways_at_once_and_a_peaceful_end(talk: Callable[[Talk], None]) -> None:
    data = bytes(range(256)) * 4096

    async def body(client: SecureWire, server: SecureWire, under: Wire) -> None:
        async def take(wire: SecureWire) -> bytes:
            got = b""
            while len(got) < len(data):
                got += await wire.read()
            return got

        one, other, *_ = await asyncio.gather(take(client), take(server), client.write(data), server.write(data[::-1]))
        assert (one, other) == (data[::-1], data)
        server.unread(b"again")
        assert await server.read() == b"again"
        client.close()
        assert await server.read() == b""
        assert not server.ragged

    talk(body)


def test_an_end_without_a_farewell_is_ragged(talk: Callable[[Talk], None]) -> None:
    async def body(client: SecureWire, server: SecureWire, under: Wire) -> None:
        await client.write(b"half")
        under.finish()
        assert await server.read() == b"half"
        assert await server.read() == b""
        assert server.ragged

    talk(body)


def test_what_is_no_tls_is_an_error(talk: Callable[[Talk], None]) -> None:
    async def body(client: SecureWire, server: SecureWire, under: Wire) -> None:
        await under.write(b"SSH-2.0-x\r\n")
        with pytest.raises(ssl.SSLError):
            await server.read()

    talk(body)


def test_a_farewell_that_nobody_takes_waits_for_nobody(talk: Callable[[Talk], None]) -> None:
    async def body(client: SecureWire, server: SecureWire, under: Wire) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.write(bytes(1 << 24))
        client.offer(b"late")
        client.close()

    talk(body)
