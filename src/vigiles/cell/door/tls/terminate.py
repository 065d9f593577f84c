"""A TLS flow of a cell whose door terminates TLS: two handshakes, then requests, each judged as any request in clear is."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from vigiles.cell.door.dial import Undialled
from vigiles.cell.door.door import Door
from vigiles.cell.door.flows.flow import INSIDE, LiveFlow
from vigiles.cell.door.passing.promise import FirstFlight
from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.tls.alerts import HANDSHAKE_FAILURE, NO_APPLICATION_PROTOCOL, alert, certificate_alert
from vigiles.cell.door.tls.secure_wire import SecureWire
from vigiles.cell.door.wire import Wire

if TYPE_CHECKING:
    from vigiles.cell.door.tls.termination import Termination


async def terminate(
    door: Door, tls: Termination, flow: LiveFlow, client: Wire, server: Wire, flight: FirstFlight
) -> tuple[SecureWire, SecureWire] | None:
    """Return the ends of TLS with the client and with the host, the client's first word still to be read.

    The host has proved to be the host before the client is answered: so a fault of its is the client's too. None: the
    client ended without a word. Raises :class:`Refusal`, :class:`Undialled`, OSError.
    """
    flow.hear("o", flight.data)
    offered = flight.hello.alpn if flight.hello is not None else []
    if offered and not set(offered) & set(INSIDE):
        alert(client, NO_APPLICATION_PROTOCOL)
        raise Refusal("egress_protocol")
    try:
        secured = await tls.to_host(flow, server)
    except Refusal:
        alert(client, certificate_alert(flow.extra_marks[-1].partition("=")[2]))
        raise
    except Undialled:
        alert(client, HANDSHAKE_FAILURE)
        raise
    try:
        inner = await _welcome(door, tls, flow, client, flight)
        first = await _first_word(door, inner)
    except BaseException:
        secured.reset()
        raise
    if not first:
        secured.close()
        inner.close()
        return None
    inner.unread(first)
    return inner, secured


async def _welcome(door: Door, tls: Termination, flow: LiveFlow, client: Wire, flight: FirstFlight) -> SecureWire:
    """Return the client's end of TLS."""
    client.unread(flight.data)
    inner = SecureWire(client, tls.leaves.context(flow.host), server_side=True)
    try:
        async with asyncio.timeout(door.egress.first_flight_ms / 1000):
            await inner.handshake()
    except ssl.SSLError as error:
        # A client that pins its host's certificate, or brings its own roots, says unknown_ca here.
        flow.extra_marks.append(f"tls.client_error={(error.reason or 'broken').lower()}")
        raise
    except TimeoutError:
        raise Refusal("egress_protocol") from None
    flow.terminate(inner, inner.protocol or "http/1.1")
    return inner


async def _first_word(door: Door, inner: SecureWire) -> bytes:
    """Return what the client says first, empty if it ended without a word. Raises :class:`Refusal` for silence."""
    try:
        async with asyncio.timeout(door.egress.first_flight_ms / 1000):
            return await inner.read()
    except TimeoutError:
        raise Refusal("egress_protocol") from None
