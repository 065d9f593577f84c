"""The keeper of one call in tier U-: its subreaper, so that everything the call leaves behind stays below it.

It starts the call's first process, passes signals on, tells init who has ended, and ends itself when nobody is left. When
init is gone it kills all that is below. The workload cannot signal or trace it: it stands outside every Landlock domain.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
from typing import NoReturn

import msgspec

from vigiles.cell import call, wire
from vigiles.cell.messages import Exited, Launch, Signal, Started, to_init
from vigiles.cell.spec import CallSpec
from vigiles.kernel import landlock, privileges, subreaper, user_tasks


class Keeper:
    """State of a running keeper; ``first`` is the call's first process, None once it was waited for."""

    def __init__(self, number: int, first: int, init: socket.socket) -> None:
        self._number = number
        self._pid: int | None = first
        self._init = init
        self._first = first

    def serve(self) -> NoReturn:
        """Serve until nobody is left below, or init is gone."""
        reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        selector = selectors.PollSelector()
        selector.register(self._init, selectors.EVENT_READ)
        selector.register(reader, selectors.EVENT_READ)
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
            subreaper.end_below(os.getpid())
            os._exit(0)
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
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._pid:
                self._pid = None
            exited = os.WIFEXITED(status)
            word = Exited(
                pid=pid,
                call=self._number if pid == self._first else None,
                code=os.WEXITSTATUS(status) if exited else None,
                signal=None if exited else os.WTERMSIG(status),
                cpu_us=round((usage.ru_utime + usage.ru_stime) * 1_000_000),
            )
            if pid == self._first:
                self._first = 0
            try:
                wire.send(self._init, word)
            except OSError:
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
            _start(order.call, walls, descriptors, notifier, me)
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
        os.setsid()
        for number in call.DEFAULT_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        control = "death with the keeper"
        privileges.die_with_parent()
        if os.getppid() != keeper:
            os._exit(call.EXIT_CONTROL)
        control = "capabilities"
        privileges.drop_capabilities()
        privileges.no_new_privileges()
        spec = msgspec.structs.replace(spec, agent=False)  # there is no view in which shells could be the shim
        bounds = spec.limits
        if bounds.processes:  # counted for the whole user: what runs already must not be held against the call
            bounds = msgspec.structs.replace(bounds, processes=bounds.processes + user_tasks.count(os.getuid()))
            spec = msgspec.structs.replace(spec, limits=bounds)
        tag = os.open("/proc/self/ns/uts", os.O_RDONLY | os.O_CLOEXEC)
        control = "Landlock"
        landlock.restrict_self(walls.rules)
    except (OSError, ValueError) as error:
        os.write(descriptors[2], f"vigiles: cannot set up {control}: {error}\n".encode())
        os._exit(call.EXIT_CONTROL)
    call.become(spec, walls, descriptors, notifier, tag, keeper)
