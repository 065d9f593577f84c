"""DNS over UDP and TCP (RFC 7766) on the listeners inside the cell."""

from __future__ import annotations

import asyncio
import socket

from vigiles.cell.door.callers import Source
from vigiles.cell.door.dns.answer import Answerer
from vigiles.cell.door.door import Door
from vigiles.cell.door.wire import Wire

#: UDP queries in work at once; more are dropped, and stub resolvers ask again.
MAX_AT_ONCE = 64
#: Queries one TCP connection may ask, and how long it may be quiet, seconds.
MAX_PER_CONNECTION = 100
_QUIET_S = 10
_MAX_DATAGRAM = 4096
_BATCH = 16


class DnsService:
    """Answers queries; holds the tasks that do."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._answerer = Answerer(door)
        self._tasks: set[asyncio.Task[None]] = set()

    def serve_udp(self, sock: socket.socket) -> None:
        """Answer datagrams from now on."""
        sock.setblocking(False)
        asyncio.get_running_loop().add_reader(sock, self._readable, sock)

    def _readable(self, sock: socket.socket) -> None:
        for _ in range(_BATCH):
            try:
                data, peer = sock.recvfrom(_MAX_DATAGRAM + 1)
            except OSError:
                return
            if len(data) > _MAX_DATAGRAM or len(self._tasks) >= MAX_AT_ONCE or self._door.report.crowded:
                self._door.report.fold("dns_query")
                continue
            task = asyncio.ensure_future(self._datagram(sock, data, peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _datagram(self, sock: socket.socket, data: bytes, peer: tuple[str, int]) -> None:
        try:
            caller = await self._door.callers.udp(peer[0], peer[1], sock.getsockname()[1])
        except Exception:
            answer = self._answerer.failed(data)
        else:
            answer = await self._answerer.answer(data, caller, None)
        if answer is not None:
            try:
                sock.sendto(answer, peer)
            except OSError:
                pass

    async def serve_tcp(self, client: Wire, source: Source) -> None:
        """Answer the queries of one connection. Raises OSError."""
        caller = await self._door.callers.tcp(source)
        held = b""
        try:
            for _ in range(MAX_PER_CONNECTION):
                async with asyncio.timeout(_QUIET_S):
                    while len(held) < 2 or len(held) < 2 + int.from_bytes(held[:2], "big"):
                        data = await client.read()
                        if not data:
                            return
                        held += data
                size = int.from_bytes(held[:2], "big")
                query, held = held[2 : 2 + size], held[2 + size :]
                await self._door.report.room()
                answer = await self._answerer.answer(query, caller, 65535)
                if answer is None:
                    return
                await client.write(len(answer).to_bytes(2, "big") + answer)
        except TimeoutError:
            pass
        finally:
            client.close()
