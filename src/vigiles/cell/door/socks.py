"""The SOCKS port: version 5, CONNECT only, each request judged and held to its promise as the proxy's CONNECT is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from vigiles.cell.door.callers import Source
from vigiles.cell.door.dial import Undialled
from vigiles.cell.door.door import Door
from vigiles.cell.door.flow import LiveFlow
from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.tunnel import promised_tunnel
from vigiles.cell.door.wire import Wire
from vigiles.model.plain import text
from vigiles.protocols import socks_server as socks
from vigiles.protocols.malformed import Malformed
from vigiles.ruleset.egress import HostInvalid, canonical_host

#: What one connection too many hears.
BUSY = socks.NO_METHOD
_FAULTS = {"name": socks.HOST_UNREACHABLE, "timeout": socks.HOST_UNREACHABLE, "refused": socks.REFUSED}
_MAX_SHOWN = 256
_VERSION_4 = b"\x04"

T = TypeVar("T")


async def serve_socks(door: Door, client: Wire, source: Source) -> None:
    """Serve one connection from ``source`` inside the cell until it ends. Raises OSError."""
    caller = await door.callers.tcp(source)
    await door.report.room()
    try:
        async with asyncio.timeout(door.config.head_ms / 1000):
            first = await client.read()
    except TimeoutError:
        first = b""
    if not first:
        client.close()
        return
    client.unread(first)
    flow = LiveFlow(door.report, caller, "socks", "", 0)
    flow.says = socks.REJECTED_4 if first.startswith(_VERSION_4) else socks.NO_METHOD

    async def work() -> bool:
        asked, raw = await _asked(door, flow, client)
        flow.says = socks.reply(socks.FAILED)
        try:
            _judge(door, flow, asked, raw)
            server = await door.dial(flow)
        except Refusal:
            flow.says = socks.reply(asked.unfit or socks.NOT_ALLOWED)
            raise
        except Undialled as fault:
            flow.says = socks.reply(_FAULTS.get(fault.kind, socks.NET_UNREACHABLE))
            raise
        return await promised_tunnel(door, flow, client, server, socks.reply(socks.SUCCEEDED))

    await door.serve(flow, client, work)


async def _asked(door: Door, flow: LiveFlow, client: Wire) -> tuple[socks.Request, bytes]:
    """Agree on no authentication; return the request, and all that came so far. Raises :class:`Refusal`, OSError."""
    reader = _Reader(client)
    try:
        async with asyncio.timeout(door.config.head_ms / 1000):
            offer = await reader.read(socks.offer)
            reader.take(offer.size)
            if not offer.open:
                raise Refusal("egress_protocol", reader.heard)
            await client.write(socks.NO_AUTHENTICATION)
            flow.says = socks.reply(socks.FAILED)
            asked = await reader.read(socks.request)
            reader.take(asked.size)
    except (Malformed, TimeoutError):
        four = reader.heard.startswith(_VERSION_4)
        raise Refusal("egress_protocol" if four else "egress_malformed", reader.heard) from None
    client.unread(reader.rest)
    return asked, reader.heard


def _judge(door: Door, flow: LiveFlow, asked: socks.Request, raw: bytes) -> None:
    """Set the flow's host and port to what was asked for. Raises :class:`Refusal` unless the caller may go there."""
    flow.method = asked.command
    flow.host, flow.port = text(asked.host)[:_MAX_SHOWN], asked.port
    if asked.unfit:
        raise Refusal("egress_protocol", raw)
    try:
        flow.host = canonical_host(asked.host)
    except HostInvalid:
        raise Refusal("egress_malformed", raw) from None
    try:
        door.admit(flow)
    except Refusal as refusal:
        raise Refusal(refusal.reason, raw) from None


class _Reader:
    """Reads until a parser has what it wants; ``heard`` is what was taken, ``rest`` what came behind it."""

    def __init__(self, client: Wire) -> None:
        self._client = client
        self.heard = self.rest = b""

    async def read(self, parse: Callable[[bytes], T | None]) -> T:
        """Return what ``parse`` makes of what comes. Raises :class:`Malformed`, also when the client ends before."""
        while (found := self._parsed(parse)) is None:
            data = await self._client.read()
            if not data:
                self.take(len(self.rest))
                raise Malformed("socks: ended within a message")
            self.rest += data
        return found

    def _parsed(self, parse: Callable[[bytes], T | None]) -> T | None:
        try:
            return parse(self.rest)
        except Malformed:
            self.take(len(self.rest))
            raise

    def take(self, size: int) -> None:
        """The first ``size`` bytes have been understood."""
        self.heard, self.rest = self.heard + self.rest[:size], self.rest[size:]
