"""The proxy port: CONNECT, and http:// requests in absolute form, each judged on its own."""

from __future__ import annotations

from vigiles.cell.door.callers import Caller, Source
from vigiles.cell.door.door import Door, through
from vigiles.cell.door.entrances.tunnel import host_of, promised_tunnel
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.passing.exchange import check_upgrade, exchange, read_request
from vigiles.cell.door.passing.promise import may_speak_http
from vigiles.cell.door.refusal import Refusal, farewell
from vigiles.cell.door.wire import Wire
from vigiles.model.plain import text
from vigiles.protocols.authority import split_absolute, split_authority
from vigiles.protocols.http import RequestHead, request_framing, values
from vigiles.protocols.malformed import Malformed
from vigiles.ruleset.egress import HostInvalid, canonical_host, may_upgrade

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_MAX_SHOWN = 256


async def serve_proxy(door: Door, client: Wire, source: Source) -> None:
    """Serve one connection from ``source`` inside the cell until it ends. Raises OSError."""
    caller = await door.before_flow(client, door.callers.tcp(source))
    while got := await door.before_flow(client, _next(door, caller, client)):
        request, raw = got
        work = _connect if request.method == "CONNECT" else _request
        if not await work(door, caller, client, request, raw):
            break
    client.close()


async def _next(door: Door, caller: Caller, client: Wire) -> tuple[RequestHead, bytes] | None:
    """Return the next request and its bytes, None when there is none that could be one; the client has been told."""
    await door.report.room()
    try:
        return await read_request(client, door.config.head_ms)
    except Refusal as refusal:
        flow = LiveFlow(door.report, caller, "proxy", "", 0)
        flow.hear("o", refusal.data)
        flow.refuse(refusal.reason)
        farewell(flow, client, refusal.reason)
        return None


async def _connect(door: Door, caller: Caller, client: Wire, request: RequestHead, raw: bytes) -> bool:
    flow = _flow(door, caller, "connect", request)

    async def work() -> bool:
        _named(flow, request, request.target, None)
        if request_framing(request).kind != "none" and values(request.fields, "content-length") != ["0"]:
            raise Refusal("egress_malformed", raw)
        for field in values(request.fields, "host"):
            if host_of(field, flow.port)[0] != flow.host:
                raise Refusal("egress_malformed", raw)
        flow.host = door.meant(flow.host)
        door.admit(flow)
        server = await door.dial(flow)
        return await promised_tunnel(door, flow, client, server, _ESTABLISHED)

    return await door.serve(flow, client, work)


async def _request(door: Door, caller: Caller, client: Wire, request: RequestHead, raw: bytes) -> bool:
    flow = _flow(door, caller, "proxy", request)

    async def work() -> bool:
        flow.hear("o", raw)
        path = _named(flow, request, None, request.target)
        for field in values(request.fields, "host"):
            if host_of(field, 80) != (flow.host, flow.port):
                raise Refusal("egress_malformed")
        flow.path = text(path)[:_MAX_SHOWN]
        flow.host = door.meant(flow.host)
        door.admit(flow)
        if not may_speak_http(door.egress, flow.port):
            raise Refusal("egress_protocol")
        check_upgrade(request, may_upgrade(door.egress, flow.host, flow.port))
        server = await door.dial(flow)
        flow.let_in()
        return await through(server, exchange(door.allowance, flow, client, server, request, path))

    return await door.serve(flow, client, work)


def _flow(door: Door, caller: Caller, via: str, request: RequestHead) -> LiveFlow:
    flow = LiveFlow(door.report, caller, "connect" if via == "connect" else "proxy", "", 0)
    flow.method = request.method
    flow.path = None if via == "connect" else text(request.target)[:_MAX_SHOWN]
    return flow


def _named(flow: LiveFlow, request: RequestHead, authority: str | None, target: str | None) -> str:
    """Set the flow's canonical host and port from a CONNECT's authority or an absolute target; return the path."""
    path = ""
    try:
        if authority is not None:
            host, port = split_authority(authority, None)
        else:
            host, port, path = split_absolute(target or "")
        flow.host, flow.port = text(host)[:_MAX_SHOWN], port
        flow.host = canonical_host(host)
    except (Malformed, HostInvalid):
        raise Refusal("egress_malformed") from None
    return path
