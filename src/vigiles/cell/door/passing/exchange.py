"""One HTTP request and its answer, forwarded as a message, not as bytes: what the server gets is what was judged."""

from __future__ import annotations

import asyncio

from vigiles.cell.door.allowance import Allowance, exceeds
from vigiles.cell.door.credentials import VeiledWire
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.flows.overheard import Overheard
from vigiles.cell.door.passing.admission import Terms, admit, settle
from vigiles.cell.door.passing.relay import relay, send_out
from vigiles.cell.door.refusal import Refusal, forbidden
from vigiles.cell.door.wire import Wire
from vigiles.model.plain import text
from vigiles.protocols.body import Inner
from vigiles.protocols.dialogue import Side
from vigiles.protocols.first_flight import MAX_LINE, classify
from vigiles.protocols.http import (
    Fields,
    Framing,
    HeadReader,
    RequestHead,
    ResponseHead,
    forwardable,
    render,
    request_framing,
    request_head,
    response_framing,
    response_head,
    tokens,
)
from vigiles.protocols.http_chunked import ChunkedScanner
from vigiles.protocols.malformed import Malformed, TooLong
from vigiles.protocols.veil import Concealed
from vigiles.ruleset.egress import join_host_port

#: Interim (1xx) answers that are passed on before the final one.
_MAX_INTERIM = 8
#: How long a client that was refused may go on sending a body before its connection is closed, seconds.
_HEARING_S = 1


class _ClientGone(ConnectionResetError):
    """The client ended, or was lost, within a body."""


class BadAnswer(Exception):
    """The server's answer is not HTTP, and nothing of it has reached the client."""


async def read_request(client: Wire, limit_ms: int) -> tuple[RequestHead, bytes] | None:
    """Return the next request's head and its bytes; None when the client ends, or says nothing at all in time.

    Raises :class:`Refusal` (with what came) when it is no request, or not whole in time; OSError.
    """
    reader = HeadReader()
    data = bytearray()
    try:
        async with asyncio.timeout(limit_ms / 1000):
            while chunk := await client.read():
                data += chunk
                if classify(bytes(data[:MAX_LINE]).removeprefix(b"\r\n")) not in (None, "http") and data.strip(b"\r\n"):
                    raise Refusal("egress_protocol", bytes(data))
                lines = reader.feed(chunk)
                if lines is not None:
                    client.unread(reader.rest)
                    return request_head(lines), bytes(data[: len(data) - len(reader.rest)])
    except (Malformed, TimeoutError):
        if data:
            raise Refusal("egress_malformed", bytes(data)) from None
    if data.strip(b"\r\n"):
        raise Refusal("egress_malformed", bytes(data))
    return None


def check_upgrade(request: RequestHead, listed: bool) -> None:
    """Raises :class:`Refusal` for a request to change protocols that is not ``listed``."""
    if tokens(request.fields, "upgrade") and not listed:
        raise Refusal("egress_protocol")


async def exchange(
    allowance: Allowance, flow: LiveFlow, client: Wire, server: Wire, request: RequestHead, path: str
) -> bool:
    """Forward ``request`` as ``path`` to the flow's host, then its answer; return whether the client may send another.

    However it ends, what was asked and answered is told. Raises :class:`Refusal`, :class:`BadAnswer`, OSError.
    """
    heard = flow.overhear()
    heard.head(request.method, path, request.fields)
    framing = request_framing(request)
    flow.waiting = True
    try:
        terms = admit(allowance, flow, heard, request.method, path, request.fields, framing)
        try:
            async with asyncio.timeout(terms.max_seconds) as limit:
                return await _exchange(allowance, flow, client, server, request, framing, terms, heard)
        except TimeoutError:
            if limit.expired():
                raise Refusal("exchange_time") from None
            raise
    except Refusal as refusal:
        heard.reason = refusal.reason
        if flow.waiting:
            flow.told = True
            client.offer(forbidden(refusal.reason))
            client.finish()
            if framing.kind != "none":
                await client.hear_out(_HEARING_S)
        raise
    finally:
        settle(allowance, flow, heard, path)
        heard.tell()


async def _exchange(
    allowance: Allowance, flow: LiveFlow, client: Wire, server: Wire, request: RequestHead, framing: Framing, terms: Terms,
    heard: Overheard,
) -> bool:  # fmt: skip
    upgrade = tokens(request.fields, "upgrade")
    authority = (
        flow.host if flow.port == flow.default_port and ":" not in flow.host else join_host_port(flow.host, flow.port)
    )
    fields: Fields = [("Host", authority)]
    left_out = {"host", "sec-websocket-extensions"} if upgrade else {"host"}  # compressed frames could not be read
    fields += [(key, value) for key, value in forwardable(request.fields) if key.lower() not in left_out]
    fields += [("Transfer-Encoding", "chunked")] if framing.kind == "chunked" else []
    fields += [("Connection", "upgrade"), ("Upgrade", ", ".join(upgrade))] if upgrade else [("Connection", "close")]
    paid = flow.pay(terms.target, fields)
    await send_out(allowance, flow, server, render(f"{request.method} {paid.target} HTTP/1.{request.minor}", paid.fields))
    server = paid.veiled(server)

    up = asyncio.ensure_future(_body(allowance, flow, client, server, framing, terms, heard))
    down = asyncio.ensure_future(_answer(allowance, flow, client, server, request, terms, up, bool(upgrade), heard))
    try:
        await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
        _raise_failed(up)
        keep = await down
        _raise_failed(up)
        return keep and up.done() and up.exception() is None
    except Malformed:
        raise Refusal("egress_malformed") from None
    except Concealed:
        raise Refusal("credential_answer") from None
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)
        if isinstance(server, VeiledWire):
            await server.release()


def _raise_failed(up: asyncio.Future[None]) -> None:
    """Raise what ended the body, but not the server's loss: it may have answered before it was lost."""
    error = up.exception() if up.done() else None
    if error is not None and (isinstance(error, _ClientGone) or not isinstance(error, OSError)):
        raise error


async def _body(
    allowance: Allowance, flow: LiveFlow, client: Wire, server: Wire, framing: Framing, terms: Terms, heard: Overheard
) -> None:
    left = framing.size if framing.kind == "length" else 0
    scanner = ChunkedScanner() if framing.kind == "chunked" else None
    while left or (scanner is not None and not scanner.done):
        try:
            data = await client.read()
        except OSError:
            raise _ClientGone from None
        if not data:
            raise _ClientGone
        size = min(left, len(data)) if scanner is None else scanner.feed(data)
        client.unread(data[size:])
        left -= size if scanner is None else 0
        flow.hear("o", data[:size])
        heard.out.hear(data[:size], scanner is not None)
        _no_tunnel(flow, heard.out.inner, heard.out.first, "o")
        if exceeds(heard.out.size, terms.max_request_bytes):
            raise Refusal("request_body")
        await send_out(allowance, flow, server, data[:size])


async def _answer(
    allowance: Allowance, flow: LiveFlow, client: Wire, server: Wire, request: RequestHead, terms: Terms,
    up: asyncio.Future[None], upgrading: bool, heard: Overheard,
) -> bool:  # fmt: skip
    for _ in range(_MAX_INTERIM):
        response, raw, more = await _response(server, allowance.head_s)
        flow.hear("i", raw)
        allowance.receive(flow, len(raw))
        heard.status = response.status
        if response.status == 101:
            if not upgrading:
                # A change that nobody asked for: what follows would be no HTTP, and part of no request.
                raise BadAnswer
            fields = [*forwardable(response.fields), ("Connection", "upgrade")]
            fields += [("Upgrade", ", ".join(tokens(response.fields, "upgrade")))]
            flow.waiting = False
            await client.write(render("HTTP/1.1 101 Switching Protocols", fields))
            await up
            await relay(allowance, flow, client, server, listens=flow.reason != "allowed_observe")
            return False
        if response.status >= 200:
            break
        if request.minor:
            # RFC 9110 15.2: a client of HTTP/1.0 knows no interim answers.
            await client.write(render(f"HTTP/1.1 {response.status} {response.reason}", _bodiless(response)))
    else:
        raise BadAnswer
    try:
        framing = response_framing(response, request.method)
    except Malformed:
        raise BadAnswer from None
    if exceeds(framing.size, terms.max_response_bytes):
        raise Refusal("response_body")
    if framing.kind == "chunked" and not request.minor:
        # A client of HTTP/1.0 would take the chunks' sizes for part of the body.
        raise BadAnswer
    allowance.hidden(flow.call).given(response.fields)
    # Bytes beyond the answer are nobody's: they do not reach the client, and nothing more is asked on this connection.
    trailing = more and framing.kind in ("none", "length") and not framing.size
    keep = framing.kind != "close" and _wants_more(request) and not trailing
    flow.waiting = False
    fields = _bodiless(response) if response.status == 204 else forwardable(response.fields)
    fields += [("Transfer-Encoding", "chunked")] if framing.kind == "chunked" else []
    fields += [("Connection", "keep-alive" if keep else "close")]
    await client.write(render(f"HTTP/1.1 {response.status} {response.reason}", fields))
    if await _answer_body(allowance, flow, client, server, framing, terms, heard) or trailing:
        flow.extra_marks.append("http.trailing=yes")
        return False
    return keep


def _bodiless(response: ResponseHead) -> Fields:
    """The fields of an answer that never has a body, without a length that a reader could believe (RFC 9110 8.6)."""
    return [(key, value) for key, value in forwardable(response.fields) if key.lower() != "content-length"]


async def _response(server: Wire, limit_s: float) -> tuple[ResponseHead, bytes, bool]:
    """Return an answer's head, its bytes, and whether more came with them. ``limit_s`` counts from its first byte."""
    reader = HeadReader()
    data = bytearray()
    chunk = await server.read()
    try:
        async with asyncio.timeout(limit_s) as limit:
            while chunk:
                data += chunk
                lines = reader.feed(chunk)
                if lines is not None:
                    server.unread(reader.rest)
                    return response_head(lines), bytes(data[: len(data) - len(reader.rest)]), bool(reader.rest)
                chunk = await server.read()
    except TooLong:
        raise Refusal("response_head") from None
    except Malformed:
        pass
    except TimeoutError:
        if limit.expired():
            raise Refusal("exchange_time") from None
        raise
    raise BadAnswer


async def _answer_body(
    allowance: Allowance, flow: LiveFlow, client: Wire, server: Wire, framing: Framing, terms: Terms, heard: Overheard
) -> bool:
    """Pass the body on; return whether the server sent bytes beyond it."""
    size = 0
    data: bytes | memoryview = b""
    left = framing.size
    scanner = ChunkedScanner() if framing.kind == "chunked" else None
    while framing.kind == "close" or left or (scanner is not None and not scanner.done):
        data = await (server.take() if scanner is None else server.read())
        if not data:
            if framing.kind == "close":
                return False
            raise ConnectionResetError("the server ended within a body")
        size = len(data)
        if scanner is not None:
            try:
                size = scanner.feed(bytes(data))
            except Malformed:
                raise ConnectionResetError("the server's chunks are broken") from None
        elif framing.kind == "length":
            size = min(left, size)
            left -= size
        flow.hear("i", data[:size])
        heard.answer.hear(data[:size], scanner is not None)
        _no_tunnel(flow, heard.answer.inner, heard.answer.first, "i")
        if exceeds(heard.answer.size, terms.max_response_bytes):
            raise Refusal("response_body")
        allowance.receive(flow, size)
        await client.write(data[:size])
    return size < len(data)


def _no_tunnel(flow: LiveFlow, inner: Inner | None, first: bytearray, side: Side) -> None:
    """Raises :class:`Refusal` for a body that is another protocol's stream; where all is let through it is only told."""
    if inner == "ssh":
        end = "client" if side == "o" else "server"
        banner = bytes(first[first.index(b"SSH-") :]).split(b"\n", 1)[0].strip()
        mark = f"ssh.{end}={text(banner)[:256]}"
        flow.extra_marks += [mark] if mark not in flow.extra_marks else []
    if inner is not None and flow.reason != "allowed_observe":
        raise Refusal("egress_protocol")


def _wants_more(request: RequestHead) -> bool:
    options = tokens(request.fields, "connection") + tokens(request.fields, "proxy-connection")
    return "keep-alive" in options if request.minor == 0 else "close" not in options
