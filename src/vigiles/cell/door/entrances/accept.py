"""Connections are taken in, up to a limit, and never lost sight of."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from functools import partial

from vigiles.cell.door.callers import Source
from vigiles.cell.door.flows.report import Report
from vigiles.cell.door.messages import Registration
from vigiles.cell.door.refusal import BUSY
from vigiles.cell.door.wire import Wire
from vigiles.kernel.redirection import original_destination

Handler = Callable[[Wire, Source], Awaitable[None]]
_TCP_CLOSE = 7


class Reception:
    """Counts the connections of all listeners together; those beyond ``limit`` are told so and closed.

    ``turned_away`` hears the source of each of these. ``redirected``: the kernel is asked where each was meant to go.
    """

    def __init__(
        self, report: Report, limit: int, turned_away: Callable[[Source], None], *, redirected: bool = False
    ) -> None:
        self._report = report
        self._turned_away = turned_away
        self._limit = limit
        self._redirected = redirected
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket, handler: Handler, busy: bytes = BUSY) -> None:
        """For ever: accept, and run ``handler`` with the connection and its source. ``busy``: what one too many hears."""
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        door_port = int(listener.getsockname()[1])
        while True:
            await self._report.room()
            try:
                sock, peer = await loop.sock_accept(listener)
            except OSError:
                # Out of descriptors, or a connection that was gone before we came: the next one may do better.
                await asyncio.sleep(0.05)
                continue
            if not self.take(sock, str(peer[0]), int(peer[1]), door_port, handler, busy):
                # Accepting never waits while connections queue; the others must get their turn.
                await asyncio.sleep(0)

    def take(
        self,
        sock: socket.socket,
        address: str,
        port: int,
        door_port: int,
        handler: Handler,
        busy: bytes,
        handed: Registration | None = None,
    ) -> bool:
        """Start serving a connection from ``address`` and ``port``; return False when that failed, or it is one too many."""
        try:
            meant = original_destination(sock) if self._redirected else None
            source = Source(address, port, door_port, partial(_stands, sock), handed=handed, meant=meant)
            return self._take(sock, source, handler, busy)
        except Exception:
            # One connection lost, not the listener with all that are to come.
            self._report.fold("door_fault")
            sock.close()
            return False

    def _take(self, sock: socket.socket, source: Source, handler: Handler, busy: bytes) -> bool:
        client = Wire(sock)
        if len(self._tasks) >= self._limit:
            self._turned_away(source)
            self._report.fold("flow_limit")
            client.offer(busy)
            client.close()
            return False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = asyncio.ensure_future(self._run(handler, client, source))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _run(self, handler: Handler, client: Wire, source: Source) -> None:
        try:
            await handler(client, source)
        except asyncio.CancelledError:
            pass
        except OSError:
            pass
        except Exception:
            # A fault of ours must end this connection, not the door, and must not go unseen.
            self._report.fold("door_fault")
        finally:
            client.reset()


def _stands(sock: socket.socket) -> bool:
    """Say whether a connection still holds its two addresses: after a reset they may be another connection's."""
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _TCP_CLOSE
    except OSError:
        return False
