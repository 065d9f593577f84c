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

_MAX_ARGUMENTS = 256
#: Counted beyond, not read: no more pointers than these.
_MAX_COUNTED = 8192
_MAX_ARGUMENT = 4096
_MAX_TOTAL = 64 * 1024
#: So much of each is read first, and what room is left goes to those that are longer.
_FIRST = 1024
_CUT = "…"
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
    exe = processes.read_many(pid, [path], _FIRST) if path else [b""]
    pointers = _pointers(pid, argv, _MAX_ARGUMENTS) if argv else []
    found = processes.read_many(pid, pointers, _FIRST) if pointers else []
    words = _fitting(found)
    name = text(exe[0]) if exe else ""
    if name == "" and path:
        name = text(os.readlink(f"/proc/{pid}/exe"))
    shown = _whole(pid, words, pointers)
    if len(pointers) == _MAX_ARGUMENTS or len(words) < len(found):
        missing = len(_pointers(pid, argv, _MAX_COUNTED)) - len(words)
        if missing > 0:
            shown.append(f"{_CUT}(+{missing})")
    return name, shown


def _pointers(pid: int, argv: int, most: int) -> list[int]:
    """Return what stands in the array up to its end; fewer where the next page is not there. Raises OSError."""
    found = []
    raw = processes.read_memory(pid, argv, 8 * most)
    for (pointer,) in struct.iter_unpack("Q", raw[: len(raw) // 8 * 8]):
        if not pointer:
            break
        found.append(pointer)
    return found


def _fitting(words: list[bytes]) -> list[bytes]:
    """Return as many of the words as are taken together; 64 at the least, however long they are."""
    total = 0
    for index, word in enumerate(words):
        total += len(word)
        if total > _MAX_TOTAL:
            return words[:index]
    return words


def _whole(pid: int, words: list[bytes], pointers: list[int]) -> list[str]:
    """Return the words as text, the long ones read further as far as there is room, and marked where they are cut."""
    room = _MAX_TOTAL - sum(map(len, words))
    shown = []
    for word, pointer in zip(words, pointers, strict=False):
        if len(word) < _FIRST:
            shown.append(text(word))
            continue
        rest = _rest(pid, pointer + _FIRST)
        kept = rest[: max(0, min(room, _MAX_ARGUMENT - _FIRST))]
        room -= len(kept)
        shown.append(text(word + kept) + (_CUT if len(kept) < len(rest) else ""))
    return shown


def _rest(pid: int, address: int) -> bytes:
    """Return the rest of a long argument, and a byte more than is ever kept, to tell whether it ended."""
    try:
        return processes.read_memory(pid, address, _MAX_ARGUMENT - _FIRST + 1).split(b"\0", 1)[0]
    except OSError:
        return b""  # the next page is not there


def _parent(pid: int) -> int:
    """Return the parent's pid, 0 if the process has ended already."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            data = file.read()
    except OSError:
        return 0
    return int(data[data.rindex(b")") + 4 :].split(b" ", 1)[0])
