"""HTTP/2 with a client whose TLS ends here: each stream is a request that is judged and forwarded by itself, as HTTP/1.1.

The client's windows bound what is held of its requests, and what waits to be sent to it is bounded here. Each stream is a
flow of its own, with the marks of what was inside; the connection's flow tells of the connection only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.flows.report import Report
from vigiles.cell.door.flows.roll import Roll
from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.tls.secure_wire import SecureWire
from vigiles.cell.door.tls.stream_wire import REFUSED_STREAM, StreamWire
from vigiles.cell.door.wire import Wire
from vigiles.protocols.http import RequestHead, request_head
from vigiles.protocols.http2 import MAX_HEADER_LIST, Header, request_lines
from vigiles.protocols.malformed import Malformed
from vigiles.ruleset.profile import Egress

#: Forwards one request of a flow: its client, its head, the head's bytes, and a way to the host if there is one already.
Forward = Callable[[LiveFlow, Wire, RequestHead, bytes, Wire | None], Awaitable[bool]]

#: Streams of one connection that may be open at once, and that may be reset before more of those were answered than reset.
MAX_STREAMS = 64
_MAX_RESETS = 100
#: Bytes that may wait to be sent to the client before whoever makes more has to wait.
_HIGH_WATER = 128 * 1024
_CALM = 11
#: RFC 9113 section 3.4.
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class House(Protocol):
    """What a connection needs of its door."""

    config: DoorConfig
    egress: Egress
    report: Report
    roll: Roll

    async def serve(self, flow: LiveFlow, client: Wire, work: Callable[[], Awaitable[bool]]) -> bool:
        """Run ``work`` as ``flow``, whose last record is sent whatever happens."""
        ...


async def serve_http2(door: House, flow: LiveFlow, client: SecureWire, server: Wire, forward: Forward) -> bool:
    """Serve the requests of one connection until it ends. ``server`` is a way to the host for the first of them.

    Raises :class:`Refusal` when the client breaks the protocol, OSError.
    """
    connection = _Connection(door, flow, client, server, forward)
    try:
        await connection.serve()
    finally:
        await connection.close()
    client.close()
    return False


class _Connection:
    """One connection; it is the ``Link`` of its streams."""

    def __init__(self, door: House, flow: LiveFlow, client: SecureWire, server: Wire, forward: Forward) -> None:
        self._door, self._flow, self._client, self._forward = door, flow, client, forward
        self._server: Wire | None = server
        self._h2 = H2Connection(H2Configuration(client_side=False))
        limits = {SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS, SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEADER_LIST}
        self._h2.local_settings = Settings(client=False, initial_values=limits)
        self._h2.max_inbound_frame_size = self._h2.local_settings.max_frame_size
        self._streams: dict[int, tuple[StreamWire, asyncio.Task[None]]] = {}
        self._count = self._resets = 0
        self._leaving = False
        self._quiet = time.monotonic()
        self._out = bytearray()
        self._wake, self._room, self._low = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._writing = asyncio.ensure_future(self._write())

    async def serve(self) -> None:
        """Read until the client has ended, or has asked for nothing for as long as a head may take."""
        self._h2.initiate_connection()
        self._flush()
        self._flow.let_in()
        patience = self._door.config.head_ms / 1000
        await self._preface()
        while not (self._leaving and not self._streams):
            try:
                async with asyncio.timeout(patience):
                    data = await self._client.read()
            except TimeoutError:
                if self._idle() > patience:
                    break
                continue
            if not data:
                return
            self._flow.moved = time.monotonic_ns()
            self._receive(data)
            await self.drained()
            if self._idle() > patience:
                break
        self._h2.close_connection()
        self._flush()
        await self._door.report.room()

    async def _preface(self) -> None:
        """Raises :class:`Refusal` for a client that promised HTTP/2 and begins with something else."""
        data = b""
        try:
            async with asyncio.timeout(self._door.egress.first_flight_ms / 1000):
                while len(data) < len(_PREFACE) and _PREFACE.startswith(data):
                    more = await self._client.read()
                    data += more
                    if not more:
                        break
        except TimeoutError:
            pass
        if not data.startswith(_PREFACE):
            raise Refusal("egress_protocol", data)
        self._client.unread(data)

    def _idle(self) -> float:
        return 0 if self._streams else time.monotonic() - self._quiet

    def _receive(self, data: bytes) -> None:
        """Raises :class:`Refusal` for what is not HTTP/2, and for streams that are opened to be reset."""
        try:
            for event in self._h2.receive_data(data):
                self._hear(event)
        except (ProtocolError, ValueError):
            # The library reads all in one go: some of what it rejects is no error of its own kind.
            raise Refusal("egress_malformed") from None
        finally:
            self._flush()
        if self._resets > _MAX_RESETS + self._count // 2:
            self._h2.close_connection(_CALM)
            raise Refusal("egress_malformed")

    def _hear(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._open(event.stream_id, event.headers, ended=event.stream_ended is not None)
        elif isinstance(event, DataReceived):
            wire, _ = self._streams.get(event.stream_id, (None, None))
            if wire is None:
                self.taken(event.stream_id, event.flow_controlled_length)
            else:
                wire.hear(event.data, event.flow_controlled_length)
        elif isinstance(event, StreamEnded | StreamReset):
            wire, task = self._streams.get(event.stream_id, (None, None))
            if isinstance(event, StreamReset):
                self._resets += 1
            if wire is not None and task is not None:
                if isinstance(event, StreamEnded):
                    wire.end()
                else:
                    wire.lose()
                    task.cancel()
        elif isinstance(event, WindowUpdated | RemoteSettingsChanged):
            self._room.set()
        elif isinstance(event, ConnectionTerminated):
            self._leaving = True

    def _open(self, number: int, headers: list[Header], *, ended: bool) -> None:
        if len(self._door.roll.flows()) >= self._door.egress.max_flows:
            self._door.report.fold("flow_limit")
            self._h2.reset_stream(number, REFUSED_STREAM)
            return
        self._count += 1
        method = next((value for name, value in headers if name == b":method"), b"").decode("latin-1")
        chunked = not ended and not any(name == b"content-length" for name, _ in headers)
        wire = StreamWire(self, number, method, chunked=chunked)
        if ended:
            wire.end()
        task = asyncio.ensure_future(self._stream(wire, headers, ended=ended))
        self._streams[number] = (wire, task)
        task.add_done_callback(partial(self._done, number))

    async def _stream(self, wire: StreamWire, headers: list[Header], *, ended: bool) -> None:
        flow = self._flow.branch(wire)

        async def work() -> bool:
            server, self._server = self._server, None
            raw = b""
            try:
                flow.waiting = True
                raw = b"\r\n".join([b"%s: %s" % header for header in headers])
                lines = request_lines(headers, ended=ended)
                raw = b"\r\n".join([*lines, b"", b""])
                request = request_head(lines)
            except Malformed:
                if server is not None:
                    server.reset()
                raise Refusal("egress_malformed", raw) from None
            return await self._forward(flow, wire, request, raw, server)

        await self._door.report.room()
        await self._door.serve(flow, wire, work)
        wire.close()

    def _done(self, number: int, task: asyncio.Task[None]) -> None:
        self._streams.pop(number, None)
        self._quiet = time.monotonic()
        if not task.cancelled() and task.exception() is not None:
            self._door.report.fold("door_fault")

    async def close(self) -> None:
        """End what is still open."""
        tasks = [task for _, task in self._streams.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._flow.extra_marks.append(f"http2.streams={self._count}")
        if self._server is not None:
            self._server.reset()
        self._writing.cancel()
        await asyncio.gather(self._writing, return_exceptions=True)
        if self._out:
            self._client.offer(bytes(self._out))

    # -- what streams need -----------------------------------------------------------------------------------------

    def headers(self, number: int, headers: list[Header], *, last: bool) -> None:
        """See :class:`~vigiles.cell.door.tls.stream_wire.Link`."""
        self._do(partial(self._h2.send_headers, number, headers, end_stream=last))

    def data(self, number: int, data: bytes, *, last: bool) -> None:
        """See :class:`~vigiles.cell.door.tls.stream_wire.Link`."""
        step = self._h2.max_outbound_frame_size
        for at in range(0, len(data) or 1, step):
            self._do(partial(self._h2.send_data, number, data[at : at + step], end_stream=last and at + step >= len(data)))

    def room(self, number: int) -> int:
        """See :class:`~vigiles.cell.door.tls.stream_wire.Link`."""
        try:
            return self._h2.local_flow_control_window(number)
        except ProtocolError:
            raise ConnectionResetError("the stream is over") from None

    async def more_room(self) -> None:
        """See :class:`~vigiles.cell.door.tls.stream_wire.Link`."""
        self._room.clear()
        await self._room.wait()

    async def drained(self) -> None:
        """See :class:`~vigiles.cell.door.tls.stream_wire.Link`."""
        while len(self._out) > _HIGH_WATER:
            self._low.clear()
            await self._low.wait()
            if self._writing.done():
                raise ConnectionResetError("the client takes nothing more")

    def taken(self, number: int, size: int) -> None:
        """See :class:`~vigiles.cell.door.tls.stream_wire.Link`."""
        try:
            if size:
                self._do(partial(self._h2.acknowledge_received_data, size, number))
        except ConnectionResetError:
            pass

    def drop(self, number: int, why: int) -> None:
        """See :class:`~vigiles.cell.door.tls.stream_wire.Link`."""
        try:
            self._do(partial(self._h2.reset_stream, number, why))
        except ConnectionResetError:
            pass

    def _do(self, what: Callable[[], None]) -> None:
        """Raises ConnectionResetError for a stream, or a connection, that has ended meanwhile."""
        try:
            what()
        except ProtocolError:
            raise ConnectionResetError("the stream is over") from None
        finally:
            self._flush()

    def _flush(self) -> None:
        self._out += self._h2.data_to_send()
        if self._out:
            self._wake.set()

    async def _write(self) -> None:
        """For ever: send what there is to send."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._out:
                    data = bytes(self._out)
                    self._out.clear()
                    await self._client.write(data)
                    if len(self._out) <= _HIGH_WATER:
                        self._low.set()
        except OSError:
            # The client is gone: its reading side says so too.
            self._low.set()
