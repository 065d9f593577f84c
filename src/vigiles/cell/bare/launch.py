"""The launcher's part of a cell of tier U-: fork its notifier, which forks init; pass the ends on to the supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import socket

from vigiles.cell import door_spawner, wire
from vigiles.cell.bare import watcher
from vigiles.cell.messages import CellFailed, Made, Make, NotMade, cell_word


def make(supervisor: socket.socket, spawner: socket.socket, order: Make) -> None:
    """Make one cell and tell the supervisor, or why there is none."""
    to_init, init_end = wire.pair()
    to_notifier, notifier_end = wire.pair()
    tags_in, tags_out = wire.pair()
    report, report_end = wire.pair()
    ports, ports_end = wire.pair()
    to_door, door_end = wire.pair()
    for sock in (to_init, init_end):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    reader, writer = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        for sock in (supervisor, spawner, to_notifier, report, ports_end, to_door, door_end):
            sock.close()
        watcher.run(order.spec, report_end, (to_init, init_end), (tags_in, tags_out), notifier_end, ports, writer)
    os.close(writer)
    for sock in (init_end, notifier_end, tags_in, tags_out, report_end, ports):
        sock.close()
    first = int.from_bytes(os.read(reader, 4), "little")
    os.close(reader)
    failed = _failed(order.token, report)
    if failed is None:
        if order.door is not None:
            door_spawner.spawn(spawner, order.door, door_end, ports_end, [])
        made = Made(token=order.token, init=first, notifier=pid, door=order.door is not None)
        wire.send(supervisor, made, [to_init.fileno(), to_notifier.fileno(), to_door.fileno()])
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wire.send(supervisor, failed)
    for sock in (to_init, to_notifier, report, ports_end, to_door, door_end):
        sock.close()


def _failed(token: int, report: socket.socket) -> NotMade | None:
    try:
        word, _ = wire.receive(report, cell_word)
    except (wire.Closed, ConnectionError):
        return NotMade(token=token, control="init", error="the cell's first process died", remedy="see the kernel's log")
    if isinstance(word, CellFailed):
        return NotMade(token=token, control=word.control, error=word.error, remedy=word.remedy)
    return None
