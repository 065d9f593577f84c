"""A door for a place that is no cell of ours: a fresh interpreter, given sockets that listen in that place.

A cell's door is forked by the launcher's spawner. Where there is no launcher there is no need for one: the start of one
interpreter is nothing beside the hours that a container runs.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from typing import NoReturn

import msgspec

from vigiles.cell import door_spawner, listeners, wire
from vigiles.cell.door.config import DoorConfig

#: As of the launcher: a module of the work directory must never be imported into a process of ours.
_PROGRAM = ("-P", "-m", "vigiles.cell.door_alone")


async def start(
    config: DoorConfig, listening: list[socket.socket]
) -> tuple[socket.socket, socket.socket, asyncio.subprocess.Process]:
    """Start a door that serves ``listening`` (made by :func:`vigiles.cell.listeners.make`), which stay open here.

    Returns the end for its orders, the end on which it asks whose a connection is, and its process, which dies with this
    one. It dials from the network namespace that this process is in.
    """
    (ours, theirs), (asked, ports) = wire.pair(), wire.pair()
    packed = os.memfd_create("door", os.MFD_CLOEXEC)
    os.write(packed, msgspec.msgpack.encode(config))
    given = [packed, *(sock.fileno() for sock in (theirs, ports, *listening))]
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *_PROGRAM,
            *(str(fd) for fd in given),
            pass_fds=given,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
    except BaseException:
        ours.close()
        asked.close()
        raise
    finally:
        os.close(packed)
        theirs.close()
        ports.close()
    return ours, asked, process


def main(argv: list[str]) -> NoReturn:
    """Become the door. ``argv``: the numbers of its descriptors, that of the file with its configuration first."""
    run = door_spawner.load()
    file, control, ports, *rest = (int(word) for word in argv)
    packed = os.pread(file, os.fstat(file).st_size, 0)
    os.close(file)
    sockets = listeners.adopt(rest)
    door_spawner.become_nobody()
    ends = (socket.socket(fileno=control), socket.socket(fileno=ports))
    run(packed, sockets, *ends)


if __name__ == "__main__":
    main(sys.argv[1:])
