"""The door's own launcher: a fork of the launcher, made at its start, that loads the door's code and forks doors.

The door needs an event loop and parsers; keeping them out of the launcher keeps every other fork of a cell small.
"""

from __future__ import annotations

import gc
import os
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn

import msgspec

from vigiles.cell import listeners, wire
from vigiles.cell.doorstep import Doorstep
from vigiles.cell.forked import never_returning
from vigiles.kernel import privileges

#: Whom doors run as when their supervisor is root: nobody's uid, next to the cells'.
DOOR_UID = 1_879_048_194


class Spawn(msgspec.Struct, frozen=True):
    """Launcher to spawner: fork a door, which ``terminates`` TLS or does not; when it is called first, or ``at_once``.

    Descriptors: the door's end to the supervisor, its end to the notifier, a file with its packed configuration, then its
    listening sockets, in order, or none.
    """

    terminates: bool = False
    at_once: bool = True


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
    at_once: bool = True,
) -> None:
    """Have a door made, ``at_once`` or when something is sent to it, or to its listeners, for the first time.

    It ends when ``control``'s other end closes. Raises OSError if the spawner is gone. The configuration travels as a file,
    for it has secrets of one cell, and the spawner's memory is every door's.
    """
    packed = os.memfd_create("door", os.MFD_CLOEXEC)
    try:
        os.write(packed, config)
        wire.send(spawner, Spawn(terminates, at_once), [control.fileno(), ports.fileno(), packed, *listening])
    finally:
        os.close(packed)


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
    from vigiles.cell.door.tls.leaves import Leaves
    from vigiles.cell.door.tls.termination import machine_roots

    machine_roots()
    # Some of what makes certificates is imported when the first one is made.
    Leaves(mint(), []).context("localhost")


def _serve(launcher: socket.socket) -> NoReturn:
    run = load()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    doorstep = Doorstep(launcher.fileno(), lambda descriptors: _open(launcher, doorstep, descriptors, run))
    gc.collect()
    gc.freeze()
    while True:
        if not doorstep.wait():
            continue
        try:
            order, descriptors = wire.receive(launcher, _decoder)
        except (wire.Closed, ConnectionError):
            os._exit(0)
        try:
            if order.terminates:
                load_termination()
            if not order.at_once and doorstep.put(descriptors, [*descriptors[:2], *descriptors[3:]]):
                continue
            _open(launcher, doorstep, descriptors, run)
        except OSError:
            pass  # its control socket closes below, which ends this cell and no other
        for fd in descriptors:
            os.close(fd)


def _open(launcher: socket.socket, doorstep: Doorstep, descriptors: list[int], run: Callable[..., NoReturn]) -> None:
    """Fork a door. If that fails its sockets close all the same, which ends its cell and no other."""
    with suppress(OSError):
        if os.fork() == 0:
            never_returning(partial(_become_door, launcher, doorstep, descriptors, run))


def _become_door(
    launcher: socket.socket, doorstep: Doorstep, descriptors: list[int], run: Callable[..., NoReturn]
) -> NoReturn:
    """Be a door, forked from the spawner."""
    launcher.close()
    doorstep.leave()
    become_nobody()
    control, ports = (socket.socket(fileno=fd) for fd in descriptors[:2])
    with os.fdopen(descriptors[2], "rb") as file:
        file.seek(0)
        config = file.read()
    listening = listeners.adopt(descriptors[3:]) if descriptors[3:] else None
    gc.unfreeze()
    run(config, listening, control, ports)
