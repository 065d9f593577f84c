"""The door's own launcher: a fork of the launcher, made at its start, that loads the door's code and forks doors.

The door needs an event loop and parsers; keeping them out of the launcher keeps every other fork of a cell small.
"""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import msgspec

from vigiles.cell import listeners, wire
from vigiles.cell.forked import never_returning
from vigiles.kernel import privileges

#: Whom doors run as when their supervisor is root: nobody's uid, next to the cells'.
DOOR_UID = 1_879_048_194


class Spawn(msgspec.Struct, frozen=True):
    """Launcher to spawner: fork a door with this packed configuration, which ``terminates`` TLS or does not.

    Descriptors: the door's end to the supervisor, its end to the notifier, then its listening sockets, in order, or none.
    """

    config: bytes
    terminates: bool = False


_decoder: msgspec.msgpack.Decoder[Spawn] = msgspec.msgpack.Decoder(Spawn)


def start(inherited: list[socket.socket]) -> socket.socket:
    """Fork the spawner and return the launcher's end to it; ``inherited`` are sockets that it must not keep."""
    ours, theirs = wire.pair()
    if os.fork() == 0:
        privileges.die_with_parent()
        for sock in (*inherited, ours):
            sock.close()
        _serve(theirs)
    theirs.close()
    return ours


def spawn(
    spawner: socket.socket,
    config: bytes,
    control: socket.socket,
    ports: socket.socket,
    listening: list[int],
    *,
    terminates: bool = False,
) -> None:
    """Have a door made. It ends when ``control``'s other end closes. Raises OSError if the spawner is gone."""
    wire.send(spawner, Spawn(config, terminates), [control.fileno(), ports.fileno(), *listening])


def become_nobody() -> None:
    """Leave root behind: the door parses what strangers send, and needs no file of ours any more."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(DOOR_UID, DOOR_UID, DOOR_UID)
        os.setresuid(DOOR_UID, DOOR_UID, DOOR_UID)
    privileges.no_new_privileges()
    privileges.die_with_parent()


def load() -> Callable[..., NoReturn]:
    """Import all that a door will ever need, and return what starts one.

    A door that has left root behind may not be able to read an interpreter that is root's, so it must import nothing. The
    first four are what Python itself imports late: the threads it resolves names in, and the codecs of those names.
    """
    import concurrent.futures.thread  # noqa: F401
    import encodings.ascii
    import encodings.idna
    import encodings.punycode  # noqa: F401

    from vigiles.cell.door import main

    return main.start


def load_termination() -> None:
    """Import, and read from disk, what a door that terminates TLS needs beside: once, and only where one is wanted."""
    from vigiles.cell.authority import mint
    from vigiles.cell.door.leaves import Leaves
    from vigiles.cell.door.termination import machine_roots

    machine_roots()
    # Some of what makes certificates is imported when the first one is made.
    Leaves(mint(), []).context("localhost")


def _serve(launcher: socket.socket) -> NoReturn:
    run = load()
    gc.collect()
    gc.freeze()
    while True:
        try:
            order, descriptors = wire.receive(launcher, _decoder)
        except (wire.Closed, ConnectionError):
            os._exit(0)
        try:
            if order.terminates:
                load_termination()
            if os.fork() == 0:
                never_returning(partial(_become_door, launcher, order, descriptors, run))
        except OSError:
            pass  # its control socket closes below, which ends this cell and no other
        for fd in descriptors:
            os.close(fd)


def _become_door(launcher: socket.socket, order: Spawn, descriptors: list[int], run: Callable[..., NoReturn]) -> NoReturn:
    """Be a door, forked from the spawner."""
    launcher.close()
    become_nobody()
    control, ports = (socket.socket(fileno=fd) for fd in descriptors[:2])
    listening = listeners.adopt(descriptors[2:]) if descriptors[2:] else None
    gc.unfreeze()
    run(order.config, listening, control, ports)
