"""Process images: what a call asked the kernel to execute.

The path and arguments are read from the caller's memory while it waits; another of its threads could change them before
the kernel looks, so they are evidence of the attempt, never grounds for a decision.
"""

from __future__ import annotations

import os
import struct

from vigiles.cell import wire
from vigiles.cell.calls import Calls, Known, fresh
from vigiles.kernel import listener, processes
from vigiles.kernel.listener import Notification
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.process import ProcessStart
from vigiles.model.plain import text

_MAX_ARGUMENTS = 64
_MAX_ARGUMENT = 1024
_AT_EMPTY_PATH = 0x1000


class Images:
    """Handlers for execve and execveat."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def execve(self, fd: int, notification: Notification, call: Known) -> ProcessStart | None:
        """Report and go on."""
        return self._report(fd, notification, call, notification.args[0], notification.args[1])

    def execveat(self, fd: int, notification: Notification, call: Known) -> ProcessStart | None:
        """Report and go on."""
        return self._report(fd, notification, call, notification.args[1], notification.args[2])

    def rehearse(self, pid: int, path: int, argv: int) -> None:
        """Read and build as for a real notification, and throw the record away."""
        nobody = Known(call=0, uts=0, held=-1, coordinates=Coordinates(run="", episode=""), executed=True)
        exe, arguments = _read(pid, path, argv)
        wire.encode([self._record(pid, nobody, exe, arguments)])

    def _report(self, fd: int, notification: Notification, call: Known, path: int, argv: int) -> ProcessStart | None:
        pid = notification.pid
        try:
            exe, arguments = _read(pid, path, argv)
        except OSError:
            exe, arguments = "", []
        # Parent and tag stay as they are in an exec, so the caller need not wait for us to read them.
        listener.proceed(fd, notification)
        return self._record(pid, call, exe, arguments)

    def _record(self, pid: int, call: Known, exe: str, arguments: list[str]) -> ProcessStart:
        first, call.executed = not call.executed, True
        record, at = fresh()
        return ProcessStart(
            id=record,
            at=at,
            coordinates=call.coordinates,
            sensor="notifier",
            attribution=self._calls.attribution(call, pid, second=True),
            pid=pid,
            ppid=_parent(pid),
            via="launch" if first else "exec",
            exe=exe,
            argv=arguments,
        )


def _read(pid: int, path: int, argv: int) -> tuple[str, list[str]]:
    exe = processes.read_many(pid, [path], 1024) if path else [b""]
    pointers: list[int] = []
    if argv:
        raw = processes.read_memory(pid, argv, 8 * _MAX_ARGUMENTS)  # fewer where the next page is not there
        for (pointer,) in struct.iter_unpack("Q", raw[: len(raw) // 8 * 8]):
            if not pointer:
                break
            pointers.append(pointer)
    arguments = processes.read_many(pid, pointers, _MAX_ARGUMENT) if pointers else []
    name = text(exe[0]) if exe else ""
    if name == "" and path:
        name = text(os.readlink(f"/proc/{pid}/exe"))
    return name, [text(item) for item in arguments]


def _parent(pid: int) -> int:
    """Return the parent's pid, 0 if the process has ended already."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            data = file.read()
    except OSError:
        return 0
    return int(data[data.rindex(b")") + 4 :].split(b" ", 1)[0])
