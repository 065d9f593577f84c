"""Connections that the notifier hands over, where the door has no listeners: each comes with the name of its call."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

from vigiles.cell.door.entrances.accept import Handler, Reception
from vigiles.cell.door.flows.report import Report
from vigiles.cell.door.messages import Registration

#: Connections that may wait for the supervisor to read; as many as the backlog of a listener.
_MOST = 4096


class Handed:
    """``services``: by the door's port, who serves what is meant for it, and what one too many hears."""

    def __init__(self, report: Report, reception: Reception, services: Mapping[int, tuple[Handler, bytes]]) -> None:
        self._report = report
        self._reception = reception
        self._services = services
        self._waiting: asyncio.Queue[tuple[Registration, socket.socket]] = asyncio.Queue(_MOST)

    def put(self, registration: Registration, sock: socket.socket) -> None:
        """Take over a connection; one too many, or for a port that nobody serves, is counted and closed."""
        known = registration.door_port in self._services
        if not known or self._waiting.full():
            self._report.fold("flow_limit" if known else "notifier_message")
            sock.close()
            return
        self._waiting.put_nowait((registration, sock))

    async def serve(self) -> None:
        """For ever: serve what was handed over, in its order."""
        while True:
            registration, sock = await self._waiting.get()
            await self._report.room()
            address, port, to = registration.source_address, registration.source_port, registration.door_port
            self._reception.take(sock, address, port, to, *self._services[to], handed=registration)
