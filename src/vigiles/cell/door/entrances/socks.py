"""The SOCKS port: version 5, CONNECT only, each request judged and held to its promise as the proxy's CONNECT is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from vigiles.cell.door.callers import Source
from vigiles.cell.door.dial import Undialled
from vigiles.cell.door.door import Door
from vigiles.cell.door.entrances.tunnel import promised_tunnel
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.refusal import Refusal, farewell
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
    reader = _Reader(client)
    try:
        asked = await _asked(reader, door.config.head_ms)
    except Refusal as refusal:
        flow = LiveFlow(door.report, caller, "socks", "", 0)
        flow.says = reader.says
        flow.hear("o", refusal.data)
        flow.refuse(refusal.reason)
        farewell(flow, client, refusal.reason)
        return
    if asked is None:
        client.close()
        return
    request = asked
    flow = LiveFlow(door.report, caller, "socks", "", 0)
    flow.says = reader.says

    async def work() -> bool:
        try:
            _judge(door, flow, request, reader.heard)
            server = await door.dial(flow)
        except Refusal:
            flow.says = socks.reply(request.unfit or socks.NOT_ALLOWED)
            raise
        except Undialled as fault:
            flow.says = socks.reply(_FAULTS.get(fault.kind, socks.NET_UNREACHABLE))
            raise
        return await promised_tunnel(door, flow, client, server, socks.reply(socks.SUCCEEDED))

    await door.serve(flow, client, work)


async def _asked(reader: _Reader, limit_ms: int) -> socks.Request | None:
    """Agree on no authentication and return the request; None when the client ends, or says nothing, before it.

    Raises :class:`Refusal` with all that came when it is no request, or not whole in time; OSError.
    """
    try:
        async with asyncio.timeout(limit_ms / 1000):
            offer = await reader.read(socks.offer)
            if offer is None:
                return None
            reader.take(offer.size)
            if not offer.open:
                raise Refusal("egress_protocol", reader.heard)
            await reader.client.write(socks.NO_AUTHENTICATION)
            reader.says = socks.reply(socks.FAILED)
            asked = await reader.read(socks.request)
            if asked is None:
                return None  # it found out something else meanwhile
            reader.take(asked.size)
    except (Malformed, TimeoutError):
        if not reader.heard and not reader.rest:
            return None
        reader.take(len(reader.rest))
        four = reader.heard.startswith(_VERSION_4)
        reader.says = socks.REJECTED_4 if four else reader.says
        raise Refusal("egress_protocol" if four else "egress_malformed", reader.heard) from None
    reader.client.unread(reader.rest)
    return asked


def _judge(door: Door, flow: LiveFlow, asked: socks.Request, raw: bytes) -> None:
    """Set the flow's host and port to what was asked for. Raises :class:`Refusal` unless the caller may go there."""
    flow.method = asked.command
    flow.host, flow.port = text(asked.host)[:_MAX_SHOWN], asked.port
    if asked.unfit:
        raise Refusal("egress_protocol", raw)
    try:
        flow.host = canonical_host(asked.host)
        flow.host = door.meant(flow.host)
        door.admit(flow)
    except HostInvalid:
        raise Refusal("egress_malformed", raw) from None
    except Refusal as refusal:
        raise Refusal(refusal.reason, raw) from None


class _Reader:
    """Reads until a parser has what it wants; ``heard`` is what was taken, ``rest`` what came behind it.

    ``says``: what the client hears if it goes no further.
    """

    def __init__(self, client: Wire) -> None:
        self.client = client
        self.heard = self.rest = b""
        self.says = socks.NO_METHOD

    async def read(self, parse: Callable[[bytes], T | None]) -> T | None:
        """Return what ``parse`` makes of what comes, None when the client has ended between two messages.

        Raises :class:`Malformed`, also when it ends within one.
        """
        while (found := parse(self.rest)) is None:
            data = await self.client.read()
            if not data:
                if self.rest:
                    raise Malformed("socks: ended within a message")
                return None
            self.rest += data
        return found

    def take(self, size: int) -> None:
        """The first ``size`` bytes have been understood."""
        self.heard, self.rest = self.heard + self.rest[:size], self.rest[size:]
