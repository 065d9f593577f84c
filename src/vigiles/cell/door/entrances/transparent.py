"""The transparent port: plain connects of programs that know no proxy, led here with the address they were meant for."""

from __future__ import annotations

import msgspec

from vigiles.cell.door.callers import Caller, Source, plain_address
from vigiles.cell.door.door import Door, through
from vigiles.cell.door.entrances.tunnel import host_of, http_tunnel, open_tunnel, promise, tls_flow, tls_host
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.passing.exchange import read_request
from vigiles.cell.door.passing.promise import FirstFlight
from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.wire import Wire
from vigiles.model.reason import ReasonCode
from vigiles.protocols.http import values
from vigiles.ruleset.egress import decide_address, decide_host


async def serve_transparent(door: Door, client: Wire, source: Source) -> None:
    """Serve one connection from ``source`` inside the cell until it ends. Raises OSError."""
    caller = await door.callers.tcp(source)
    if caller.destination is None and source.meant is not None:
        host, port = source.meant
        caller = msgspec.structs.replace(caller, destination=(plain_address(host), port))
    await door.report.room()
    target, target_port = caller.destination or ("", 0)
    flow = LiveFlow(door.report, caller, "transparent", target, target_port)

    async def work() -> bool:
        return await _serve(door, flow, caller, client)

    await door.serve(flow, client, work)


async def _serve(door: Door, flow: LiveFlow, caller: Caller, client: Wire) -> bool:
    door.may_begin(flow)
    if caller.destination is None:
        raise Refusal("egress_unattributed")
    target, _ = caller.destination
    flow.host = door.meant(target)
    named = flow.host != target
    if named or door.observing:
        door.admit(flow)
    # A name is looked up now; an address is dialled as it is.
    address = None if named else target
    if door.observing:
        if not named:
            flow.host = next(iter(door.names.of(target)), target)
        server = await door.dial(flow, address)
        return await through(server, open_tunnel(door, flow, client, server))

    hosts = {flow.host} if named else _hosts_at(door, target, flow.port)
    if not hosts:
        # None of the names that this address could stand for is allowed: judge what was asked for.
        raise Refusal(_why_not(door, target, flow.port))
    flight = await promise(door, flow, client)
    if flight.protocol == "tls":
        flow.host = tls_host(door, flight, hosts)
        door.admit(flow)
        server = await door.dial(flow, address)
        return await through(server, tls_flow(door, flow, client, server, flight))
    client.unread(flight.data)
    flow.host = await _http_host(door, client, flow.port, hosts, flight)
    door.admit(flow)
    server = await door.dial(flow, address)
    return await http_tunnel(door, flow, client, server)


def _hosts_at(door: Door, address: str, port: int) -> set[str]:
    """Return the allowed hosts that may be reached at ``address``: itself, names DNS gave out for it, names pinned to it."""
    pinned = [key.rpartition(":")[0].strip("[]") for key, at in door.egress.pins.items() if at == address]
    known = [address, *door.names.of(address), *pinned]
    return {host for host in known if decide_address(door.egress, host, port, address) == "allowed"}


def _why_not(door: Door, address: str, port: int) -> ReasonCode:
    for name in door.names.of(address):
        verdict = decide_host(door.egress, name, port)
        if verdict == "egress_port":
            return verdict
    return decide_address(door.egress, address, port, address)


async def _http_host(door: Door, client: Wire, port: int, hosts: set[str], flight: FirstFlight) -> str:
    """Return which of ``hosts`` the first request is for; it stays to be read. Raises :class:`Refusal`."""
    got = await read_request(client, door.config.head_ms)
    if got is None:
        raise Refusal("egress_protocol", flight.data)
    request, raw = got
    named = [host_of(field, port) for field in values(request.fields, "host")]
    if len(named) != 1 or named[0][0] not in hosts or named[0][1] != port:
        raise Refusal("egress_protocol", raw)
    client.unread(raw)
    return named[0][0]
