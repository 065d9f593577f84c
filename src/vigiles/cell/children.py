"""Children that have ended: being woken when there are some, waiting for them, telling of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import NamedTuple

from vigiles.cell.messages import Exited


def woken(*more: signal.Signals) -> int:
    """Return a descriptor that is readable when a child has ended or a signal of ``more`` has come: their numbers."""
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    for number in (signal.SIGCHLD, *more):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


class Ended(NamedTuple):
    """A child that was waited for. ``cpu_us`` counts it and the descendants that it had waited for."""

    pid: int
    status: int
    cpu_us: int

    def word(self, call: int | None) -> Exited:
        """Return what the supervisor hears; ``call``: set if it was a call's first process."""
        exited = os.WIFEXITED(self.status)
        return Exited(
            pid=self.pid,
            call=call,
            code=os.WEXITSTATUS(self.status) if exited else None,
            signal=None if exited else os.WTERMSIG(self.status),
            cpu_us=self.cpu_us,
        )


def ended() -> Iterator[Ended]:
    """Wait for every child that has ended by now."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield Ended(pid, status, round((usage.ru_utime + usage.ru_stime) * 1_000_000))


def any_left() -> bool:
    """Say whether there are children, ended ones that were not waited for included."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
