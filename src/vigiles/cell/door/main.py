"""The door's process: from listening sockets to the end of the episode.

It dies with its supervisor: when the control socket closes, the process ends at once and every flow with it.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sys
from typing import NoReturn

import msgspec

from vigiles.cell.door.callers import Callers, Source
from vigiles.cell.door.channel import Channel
from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.control import Control
from vigiles.cell.door.dns.service import DnsService
from vigiles.cell.door.door import Door
from vigiles.cell.door.entrances.accept import Handler, Reception
from vigiles.cell.door.entrances.handed import Handed
from vigiles.cell.door.entrances.proxy import serve_proxy
from vigiles.cell.door.entrances.socks import BUSY as SOCKS_BUSY
from vigiles.cell.door.entrances.socks import serve_socks
from vigiles.cell.door.entrances.transparent import serve_transparent
from vigiles.cell.door.flows.report import Report
from vigiles.cell.door.messages import Ready, Registration, decode_from_notifier, encode
from vigiles.cell.door.refusal import BUSY
from vigiles.cell.door.wire import Wire
from vigiles.cell.listeners import DNS_PORT, PROXY_PORT, SOCKS_PORT, TRANSPARENT_PORT, Listening

#: Descriptors that are not flows, and what one flow needs: its client, its server.
_OWN_FILES = 64
_FILES_PER_FLOW = 2


def run(config: DoorConfig, listening: Listening | None, control: socket.socket, ports: socket.socket) -> NoReturn:
    """Serve until told to end or the supervisor is gone; then the process ends, without returning to its caller.

    ``listening``: what stands inside the cell's network namespace; the door dials from the namespace this process is in.
    None: nothing listens, and the notifier hands each connection over. ``control`` and ``ports`` are SOCK_SEQPACKET ends to
    the supervisor and the notifier (see :mod:`vigiles.cell.door.messages`). Exit status 0, or 1 after a fault of the door
    itself.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    status = 1
    try:
        asyncio.run(_serve(config, listening, control, ports))
        status = 0
    except BaseException as fault:
        sys.stderr.write(f"vigiles: the door ended by a fault of its own ({type(fault).__name__})\n")
    finally:
        os._exit(status)


def start(packed: bytes, listening: Listening | None, control: socket.socket, ports: socket.socket) -> NoReturn:
    """:func:`run` with the configuration as the launcher has it: packed with msgpack. Raises ``msgspec.DecodeError``."""
    run(msgspec.msgpack.decode(packed, type=DoorConfig), listening, control, ports)


async def _serve(
    config: DoorConfig, listening: Listening | None, control_socket: socket.socket, ports_socket: socket.socket
) -> None:
    max_flows = min(config.egress.max_flows, max(1, (_raise_file_limit() - _OWN_FILES) // _FILES_PER_FLOW))
    to_supervisor = Channel(control_socket, lambda data, _: control.heard(data), _leave)
    report = Report(config.coordinates, to_supervisor)
    report.credentials.observing = config.egress.mode == "observe"
    report.honey = (config.honey, bytes.fromhex(config.honey_salt))
    _count_what_nobody_catches(report)
    # Without a notifier no connection can be attributed, so each is refused: nothing more to do when it is gone.
    to_notifier = Channel(ports_socket, lambda data, given: _heard(callers, handed, report, data, given), _stay)
    callers = Callers(
        lambda question: to_notifier.send(encode(question)), config.caller_ms / 1000, registered=not config.redirected
    )
    six = listening is None or any(sock.family == socket.AF_INET6 for sock in listening.transparent)
    door = Door(config, report, callers, six=six)
    control = Control(door, _leave)
    dns = DnsService(door)
    reception = Reception(report, max_flows, callers.turned_away, redirected=config.redirected)

    async def proxied(client: Wire, source: Source) -> None:
        await serve_proxy(door, client, source)

    async def by_socks(client: Wire, source: Source) -> None:
        await serve_socks(door, client, source)

    async def redirected(client: Wire, source: Source) -> None:
        await serve_transparent(door, client, source)

    services: dict[int, tuple[Handler, bytes]] = {
        PROXY_PORT: (proxied, BUSY), TRANSPARENT_PORT: (redirected, b""), SOCKS_PORT: (by_socks, SOCKS_BUSY),
        DNS_PORT: (dns.serve_tcp, b""),
    }  # fmt: skip
    handed = Handed(report, reception, services)
    report.send(Ready(max_flows=max_flows))
    async with asyncio.TaskGroup() as work:
        if listening is not None:
            dns.serve_udp(listening.dns_udp)
            for sock, port in listening.streams():
                work.create_task(reception.serve(sock, *services[port]))
        work.create_task(handed.serve())
        work.create_task(door.roll.tick())
        work.create_task(_tell_gaps(report))


def _count_what_nobody_catches(report: Report) -> None:
    """Errors in callbacks, in tasks nobody awaits and in finalizers become gaps: nobody reads a traceback of the door's."""
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: report.fold("door_fault"))
    sys.unraisablehook = lambda _error: report.fold("door_fault")


async def _tell_gaps(report: Report) -> None:
    while True:
        await asyncio.sleep(1)
        report.flush_gaps()


def _raise_file_limit() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return hard
    except (OSError, ValueError):
        return soft


def _heard(callers: Callers, handed: Handed, report: Report, data: bytes, given: list[int]) -> None:
    sockets = [socket.socket(fileno=fd) for fd in given]
    try:
        message = decode_from_notifier(data)
    except msgspec.DecodeError:
        report.fold("notifier_message")
        message = None
    if sockets and isinstance(message, Registration):
        handed.put(message, sockets.pop())
    elif message is not None:
        callers.heard(message)
    for sock in sockets:
        sock.close()


def _leave() -> None:
    os._exit(0)


def _stay() -> None:
    """Nothing to do."""
