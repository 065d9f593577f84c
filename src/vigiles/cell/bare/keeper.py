"""The keeper of one call in tier U-: its subreaper, so that everything the call leaves behind stays below it.

It starts the call's first process, passes signals on, tells init who has ended, and ends itself when nobody is left. When
init is gone it kills all that is below. The workload cannot signal or trace it: it stands outside every Landlock domain.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
from functools import partial
from typing import NoReturn

import msgspec

from vigiles.cell import call, children, wire
from vigiles.cell.forked import never_returning
from vigiles.cell.messages import Launch, Signal, Started, to_init
from vigiles.cell.spec import CallSpec
from vigiles.kernel import privileges, subreaper, user_tasks


class Keeper:
    """State of a running keeper; ``first`` is the call's first process, None once it was waited for."""

    def __init__(self, number: int, first: int, init: socket.socket) -> None:
        self._number = number
        self._pid: int | None = first
        self._init = init
        self._first = first

    def serve(self) -> NoReturn:
        """Serve until nobody is left below, or init is gone."""
        reader = children.woken()
        selector = selectors.PollSelector()
        for source in (self._init, reader):
            selector.register(source, selectors.EVENT_READ)
        while self._reap():
            for key, _ in selector.select():
                if key.fileobj is self._init:
                    self._order()
                else:
                    os.read(reader, 4096)
        os._exit(0)

    def _order(self) -> None:
        try:
            order, _ = wire.receive(self._init, to_init)
        except (wire.Closed, OSError):
            self._end()
        assert isinstance(order, Signal)
        if order.call is None:
            if order.signal == signal.SIGSTOP:
                subreaper.stop_below(os.getpid())
            elif order.signal == signal.SIGKILL:
                subreaper.end_below(os.getpid())
            else:
                subreaper.send_below(os.getpid(), order.signal)
        elif self._pid is not None:
            # Not waited for yet, so its number is nobody else's, as a process or as a group.
            try:
                os.kill(-self._pid if order.group else self._pid, order.signal)
            except (ProcessLookupError, PermissionError):
                pass

    def _reap(self) -> bool:
        """Wait for who has ended and tell init; return whether anybody is left."""
        for child in children.ended():
            if child.pid == self._pid:
                self._pid = None
            word = child.word(self._number if child.pid == self._first else None)
            if child.pid == self._first:
                self._first = 0
            try:
                wire.send(self._init, word)
            except OSError:
                self._end()
        return children.any_left()

    def _end(self) -> NoReturn:
        """Kill everybody below, and end: init is gone."""
        subreaper.end_below(os.getpid())
        os._exit(0)


def run(order: Launch, walls: call.Walls, descriptors: list[int], init: socket.socket, notifier: socket.socket) -> NoReturn:
    """Be the keeper of a new call, forked from init; ``descriptors`` become the call's 0, 1, 2 and further ones."""
    me = os.getpid()
    try:
        subreaper.become()
        privileges.undumpable()
        number = order.call.call
        first = os.fork()
        if first == 0:
            init.close()
            never_returning(partial(_start, order.call, walls, descriptors, notifier, me))
        notifier.close()
        for fd in descriptors:
            os.close(fd)
        wire.send(init, Started(call=number, pid=first))
        Keeper(number, first, init).serve()
    except OSError as error:
        try:
            os.write(descriptors[2], f"vigiles: cannot keep the call: {error.strerror}\n".encode())
        except OSError:
            pass
        os._exit(call.EXIT_CONTROL)


def _start(spec: CallSpec, walls: call.Walls, descriptors: list[int], notifier: socket.socket, keeper: int) -> NoReturn:
    """Put up the walls of tier U- round this process and become the call's program."""
    control = "session"
    try:
        call.begin_session()
        control = "death with the keeper"
        privileges.die_with_parent()
        if os.getppid() != keeper:
            os._exit(call.EXIT_CONTROL)
        spec = msgspec.structs.replace(spec, agent=False)  # there is no view in which shells could be the shim
        control = "process limit"
        bounds = spec.limits
        if bounds.processes:  # counted for the whole user: what runs already must not be held against the call
            bounds = msgspec.structs.replace(bounds, processes=bounds.processes + user_tasks.count(os.getuid()))
            spec = msgspec.structs.replace(spec, limits=bounds)
        tag = os.open("/proc/self/ns/uts", os.O_RDONLY | os.O_CLOEXEC)
        call.seal(walls)
    except (OSError, ValueError) as error:
        call.give_up(descriptors[2], call.ControlFailed(control, error))
    except call.ControlFailed as error:
        call.give_up(descriptors[2], error)
    call.become(spec, walls, descriptors, notifier, tag, keeper)
