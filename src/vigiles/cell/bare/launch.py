"""The launcher's part of a cell of tier U-: fork its notifier, which forks init; pass the ends on to the supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from functools import partial

from vigiles.cell import door_spawner, wire
from vigiles.cell.bare import watcher
from vigiles.cell.ends import Ends, first_word
from vigiles.cell.forked import never_returning
from vigiles.cell.messages import Made, Make, NotMade


def make(supervisor: socket.socket, spawner: socket.socket, order: Make) -> None:
    """Make one cell, with a door that has no listeners, and tell the supervisor, or why there is none."""
    ends = Ends.make()
    reader, writer = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        for sock in (supervisor, spawner, ends.to_notifier, ends.report, ends.ports_door, ends.to_door, ends.door):
            sock.close()
        tags = (ends.tags, ends.tags_out)
        inits = (ends.to_init, ends.init)
        never_returning(partial(watcher.run, order.spec, ends.report_out, inits, tags, ends.notifier, ends.ports, writer))
    os.close(writer)
    for sock in (ends.init, ends.notifier, ends.tags, ends.tags_out, ends.report_out, ends.ports):
        sock.close()
    first = int.from_bytes(os.read(reader, 4), "little")
    os.close(reader)
    failed, _ = first_word(order.token, ends.report)
    if failed is None and order.door is not None:
        try:
            door_spawner.spawn(spawner, order.door, ends.door, ends.ports_door, [])
        except OSError as error:  # not the supervisor's end: other cells live on
            failed = NotMade(token=order.token, control="door", error=str(error), remedy="start again")
    if failed is None:
        made = Made(token=order.token, init=first, notifier=pid, door=order.door is not None)
        wire.send(supervisor, made, ends.supervisors())
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wire.send(supervisor, failed)
    ends.close()
