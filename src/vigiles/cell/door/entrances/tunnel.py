"""A byte stream to one host, held to its promise: what CONNECT and the transparent port have in common."""

from __future__ import annotations

from functools import partial

from vigiles.cell.door.door import Door, through
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.passing.exchange import check_upgrade, exchange, read_request
from vigiles.cell.door.passing.promise import FirstFlight, first_flight, may_speak_http, promised
from vigiles.cell.door.passing.relay import Guards, relay, send_out
from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.tls.terminate import terminate
from vigiles.cell.door.wire import Wire
from vigiles.protocols.authority import split_absolute, split_authority
from vigiles.protocols.http import RequestHead, values
from vigiles.protocols.malformed import Malformed
from vigiles.protocols.tls import RecordFraming
from vigiles.ruleset.egress import HostInvalid, canonical_host, may_upgrade


async def open_tunnel(door: Door, flow: LiveFlow, client: Wire, server: Wire) -> bool:
    """Observe mode: pass everything, both ways, from the first byte."""
    if door.allowance.rules.limits(flow.host, flow.port):
        flow.unenforced("request_opaque")
    flow.let_in()
    await relay(door.allowance, flow, client, server)
    return False


async def promised_tunnel(door: Door, flow: LiveFlow, client: Wire, server: Wire, established: bytes) -> bool:
    """Tell the client with ``established`` that its way is open, and let pass what it then does as promised.

    What every request for a tunnel ends in. Raises :class:`Refusal`, OSError; ``server`` is closed then.
    """
    try:
        await client.write(established)
        flow.greeted, flow.says = True, None
        flight = None if door.observing else await promise(door, flow, client)
        if flight is not None and flight.protocol == "tls":
            tls_host(door, flight, {flow.host})
    except BaseException:
        server.reset()
        raise
    if flight is None:
        return await through(server, open_tunnel(door, flow, client, server))
    if flight.protocol == "tls":
        return await through(server, tls_flow(door, flow, client, server, flight))
    client.unread(flight.data)
    return await http_tunnel(door, flow, client, server)


async def promise(door: Door, flow: LiveFlow, client: Wire) -> FirstFlight:
    """Allow mode: return the client's first flight; nothing has gone on yet. Raises :class:`Refusal`."""
    flight = await first_flight(client, door.egress.first_flight_ms)
    if flight.protocol not in door.egress.allow_protocols:
        raise Refusal("egress_protocol", flight.data)
    if flight.protocol == "http" and not may_speak_http(door.egress, flow.port):
        raise Refusal("egress_protocol", flight.data)
    return flight


async def tls_tunnel(door: Door, flow: LiveFlow, client: Wire, server: Wire, flight: FirstFlight) -> bool:
    """Pass on a ClientHello that kept the promise, then TLS records only."""
    if door.allowance.rules.limits(flow.host, flow.port):
        # What cannot be read cannot be judged, so nothing of it passes.
        raise Refusal("request_opaque", flight.data)
    guards: Guards = {"o": RecordFraming(), "i": RecordFraming()}
    try:
        guards["o"].feed(flight.data)
    except Malformed:
        raise Refusal("egress_protocol", flight.data) from None
    flow.hear("o", flight.data)
    flow.let_in()
    await send_out(door.allowance, flow, server, flight.data)
    await relay(door.allowance, flow, client, server, guards)
    return False


async def tls_flow(door: Door, flow: LiveFlow, client: Wire, server: Wire, flight: FirstFlight) -> bool:
    """Serve a client whose ClientHello kept its promise: end its TLS here, or pass it on."""
    if door.tls is None:
        return await tls_tunnel(door, flow, client, server, flight)
    ends = await terminate(door, door.tls, flow, client, server, flight)
    if ends is None:
        return False
    inner, secured = ends
    if inner.protocol == "h2":
        return await door.tls.serve_http2(door, flow, inner, secured, partial(forward, door))
    return await http_tunnel(door, flow, inner, secured)


def tls_host(door: Door, flight: FirstFlight, hosts: set[str]) -> str:
    """Return the host that a TLS first flight promised. Raises :class:`Refusal` when it is none of ``hosts``."""
    return promised(door.egress, flight, hosts)


async def http_tunnel(door: Door, flow: LiveFlow, client: Wire, server: Wire | None) -> bool:
    """Serve plain HTTP inside a tunnel request by request: each must be for the tunnel's host.

    ``server`` takes the first request; each later one dials anew.
    """
    try:
        while (got := await read_request(client, door.config.head_ms)) is not None:
            way, server = server, None
            if not await forward(door, flow, client, *got, way):
                break
    finally:
        if server is not None:
            server.reset()
    client.close()
    return False


async def forward(door: Door, flow: LiveFlow, client: Wire, request: RequestHead, raw: bytes, server: Wire | None) -> bool:
    """Judge one request of a tunnel, ``raw`` as it came, and forward it; return whether the client may send another.

    ``server``: a way to the host, used up by this; None: one is dialled. Raises :class:`Refusal`, and as
    :func:`~vigiles.cell.door.passing.exchange.exchange` does.
    """
    try:
        flow.waiting = True
        flow.hear("o", raw)
        path = _path(request, flow.host, flow.port)
        door.admit(flow)
        check_upgrade(request, may_upgrade(door.egress, flow.host, flow.port))
    except BaseException:
        if server is not None:
            server.reset()
        raise
    way = server or await door.dial(flow, flow.address)
    flow.let_in()
    keep = await through(way, exchange(door.allowance, flow, client, way, request, path))
    client.ragged = client.ragged or way.ragged
    return keep


def host_of(text: str, default_port: int) -> tuple[str, int]:
    """Return the canonical host and port of a Host field or authority. Raises :class:`Refusal`."""
    try:
        host, port = split_authority(text, default_port)
        return canonical_host(host), port
    except (Malformed, HostInvalid):
        raise Refusal("egress_malformed") from None


def _path(request: RequestHead, host: str, port: int) -> str:
    """Return the origin-form target of a request that is for ``host`` and ``port``. Raises :class:`Refusal`."""
    for field in values(request.fields, "host"):
        # A Host without port means the tunnel's own; the address is fixed either way.
        if host_of(field, port) != (host, port):
            raise Refusal("egress_protocol")
    target = request.target
    if request.method == "CONNECT":
        raise Refusal("egress_protocol")
    if target.startswith("/") or (target == "*" and request.method == "OPTIONS"):
        return target
    try:
        asked, asked_port, path = split_absolute(target)
        if (canonical_host(asked), asked_port) == (host, port):
            return path
    except (Malformed, HostInvalid):
        pass
    raise Refusal("egress_malformed")
