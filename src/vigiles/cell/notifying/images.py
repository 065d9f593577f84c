"""Process images: what a call asked the kernel to execute.

The path and arguments are read from the caller's memory while it waits; another of its threads could change them before
the kernel looks, so they are evidence of the attempt, never grounds for a decision.

A program waits while we read, so only that is done then; the records are made a few milliseconds later, many at a time. A
search along PATH asks for one path after another with the same arguments: such a row becomes one record that names each,
as long as it is sure that none of them was executed: the child of a vfork has its parent's memory until then.
"""

from __future__ import annotations

import ctypes
import os
import struct
import time

import msgspec

from vigiles.cell import wire
from vigiles.cell.notifying.calls import Calls, Known
from vigiles.kernel import listener, pidfd, processes
from vigiles.kernel.listener import Notification
from vigiles.kernel.memory import PAGE, Reader
from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.process import ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.model.plain import text
from vigiles.model.stamp import Stamp

_MAX_ARGUMENTS = 256
#: Counted beyond, not read: no more pointers than these.
_MAX_COUNTED = 8192
_MAX_ARGUMENT = 4096
_MAX_TOTAL = 64 * 1024
#: So much of each is read first, and what room is left goes to those that are longer.
_FIRST = 1024
#: What most programs are content with, read at one go: bytes of the path, arguments, bytes of each.
_USUAL_PATH, _USUAL_ARGUMENTS, _USUAL_ARGUMENT = 256, 32, 128
_MAX_TRIED = 32
_NO_FOLDER = -100  # AT_FDCWD
_CUT = "…"
_UNREAD = _CUT.encode()
#: How long the first of some images waits for others, seconds, and how many wait at the most.
HOLD_S = 0.02
_MOST_HELD = 64


#: Path and arguments, and where the arguments stood with the bytes there, if they were of the usual size.
_Words = tuple[str, list[str], list[tuple[int, int]], bytes]


class _Asked(msgspec.Struct, gc=False):
    """One image that was asked for. ``place``: the instruction that asked, and where its arguments stood."""

    call: Known
    process: int
    ppid: int
    tag: int | None
    group: int
    at: Stamp
    place: tuple[int, int]
    exe: str
    argv: list[str]
    pieces: list[tuple[int, int]]
    raw: bytes
    tried: list[str]


class Images:
    """Handlers for execve and execveat, and the images that wait to be recorded."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._reader = Reader(_MAX_ARGUMENTS * _FIRST)
        self._held: list[_Asked] = []
        self._latest: dict[int, _Asked] = {}
        self._due = 0.0
        self._unread = 0

    def execve(self, fd: int, notification: Notification, call: Known) -> Gap | None:
        """Remember what is asked for and go on; return what could not be read."""
        return self._ask(fd, notification, call, notification.args[0], notification.args[1], _NO_FOLDER)

    def execveat(self, fd: int, notification: Notification, call: Known) -> Gap | None:
        """Remember what is asked for and go on; return what could not be read."""
        folder = ctypes.c_int(notification.args[0] & 0xFFFF_FFFF).value
        return self._ask(fd, notification, call, notification.args[1], notification.args[2], folder)

    def wait(self) -> float | None:
        """Return how many seconds those that wait may wait on; None: nobody waits."""
        if not self._held:
            return None
        if len(self._held) >= _MOST_HELD:
            return 0
        return max(0.0, self._due - time.monotonic())

    def take(self) -> list[ProcessStart]:
        """Return the records of the images that wait, oldest first."""
        asked, self._held = self._held, []
        self._latest.clear()
        return [self._record(one) for one in asked]

    def rehearse(self, pid: int, path: int, argv: int) -> None:
        """Read and build as for a real notification, and throw the record away."""
        nobody = Known(call=0, uts=0, held=-1, coordinates=Coordinates(run="", episode=""), executed=True)
        self._hold(nobody, pid, (0, 0), self._read(pid, path, argv, _NO_FOLDER))
        wire.encode(self.take())

    def _ask(self, fd: int, notification: Notification, call: Known, path: int, argv: int, folder: int) -> Gap | None:
        pid = notification.pid
        place = (notification.instruction, argv)
        self._unread = 0
        if folder != _NO_FOLDER or not self._goes_on(pid, path, place, call):
            self._hold(call, pid, place, self._read(pid, path, argv, folder))
        listener.proceed(fd, notification)
        return self._calls.gap("program arguments", call, self._unread) if self._unread else None

    def _goes_on(self, pid: int, path: int, place: tuple[int, int], call: Known) -> bool:
        """Say whether this is one more path of a search in which nothing was executed so far, and if so add it."""
        before = self._latest.get(pid)
        if before is None or before.place != place or not before.raw or before.call is not call:
            return False
        size = min(_USUAL_PATH, PAGE - path % PAGE)
        try:
            raw = self._reader.gather(pid, [(path, size), *before.pieces])
        except OSError:
            return False
        end = raw.find(b"\0", 0, size)
        rest, array = raw[size:], before.pieces[0][1]
        same = rest == before.raw or (rest[:array] == before.raw[:array] and _words(rest, before.pieces) == before.argv)
        if end <= 0 or not same or len(before.tried) == _MAX_TRIED or not processes.share_memory(pid, before.ppid):
            return False
        before.tried.append(before.exe)
        before.exe = text(raw[:end])
        return True

    def _hold(self, call: Known, pid: int, place: tuple[int, int], words: _Words) -> None:
        if not self._held:
            self._due = time.monotonic() + HOLD_S
        who = pidfd.identity(pid)
        asked = self._latest[pid] = _Asked(call, who.process, who.parent, who.tag, who.group, now(), place, *words, [])
        self._held.append(asked)

    def _record(self, asked: _Asked) -> ProcessStart:
        call = asked.call
        first, call.executed = not call.executed, True
        return ProcessStart(
            id=new_id("obs"),
            at=asked.at,
            coordinates=call.coordinates,
            sensor="notifier",
            attribution=self._calls.compared(call, asked.tag, asked.group),
            pid=asked.process,
            ppid=asked.ppid,
            via="launch" if first else "exec",
            exe=asked.exe,
            argv=asked.argv,
            tried=asked.tried,
        )

    def _read(self, pid: int, path: int, argv: int, folder: int) -> _Words:
        """Return what is asked for; ``_unread`` counts what could not be read."""
        found = self._usual(pid, path, argv) if path and argv and folder == _NO_FOLDER else None
        return found or self._unusual(pid, path, argv, folder)

    def _usual(self, pid: int, path: int, argv: int) -> _Words | None:
        """Read by two system calls; None if anything is long, lies across the end of a page or cannot be read."""
        size = min(_USUAL_PATH, PAGE - path % PAGE)
        most = min(_USUAL_ARGUMENTS, (PAGE - argv % PAGE) // 8)
        try:
            raw = self._reader.gather(pid, ((path, size), (argv, 8 * most)))
        except OSError:
            return None
        end = raw.find(b"\0", 0, size)
        if end <= 0 or len(raw) < size + 8 * most:
            return None
        pointers = struct.unpack_from(f"{most}Q", raw, size)
        try:
            count = pointers.index(0)
        except ValueError:
            return None
        exe = text(raw[:end])
        pieces = [
            (argv, 8 * (count + 1)),
            *[(pointer, min(_USUAL_ARGUMENT, PAGE - pointer % PAGE)) for pointer in pointers[:count]],
        ]
        try:
            raw = self._reader.gather(pid, pieces)
        except OSError:
            return None
        words = _words(raw, pieces)
        return None if words is None else (exe, words, pieces, raw)

    def _unusual(self, pid: int, path: int, argv: int, folder: int) -> _Words:
        """Read each part by itself, so that one which cannot be read costs no other."""
        exe = self._string(pid, path) if path else b""
        pointers = self._pointers(pid, argv, _MAX_ARGUMENTS) if argv else []
        found = self._strings(pid, pointers)
        words = _fitting(found)
        shown = self._whole(pid, words, pointers)
        if len(pointers) == _MAX_ARGUMENTS or len(words) < len(found):
            missing = len(self._pointers(pid, argv, _MAX_COUNTED)) - len(words)
            if missing > 0:
                shown.append(f"{_CUT}(+{missing})")
        return _below(pid, folder, text(exe)), shown, [], b""

    def _string(self, pid: int, address: int) -> bytes:
        try:
            return self._reader.words(pid, [address], _FIRST)[0]
        except OSError:
            self._unread += 1
            return b""

    def _strings(self, pid: int, pointers: list[int]) -> list[bytes]:
        """Return what stands at each address; a mark for what cannot be read."""
        found: list[bytes] = []
        while len(found) < len(pointers):
            try:
                found += self._reader.words(pid, pointers[len(found) :], _FIRST)
            except OSError:
                found.append(_UNREAD)
                self._unread += 1
        return found

    def _pointers(self, pid: int, argv: int, most: int) -> list[int]:
        """Return what stands in the array up to its end; fewer where the next page is not there."""
        found = []
        try:
            raw = self._reader.gather(pid, [(argv, 8 * most)])
        except OSError:
            self._unread += 1
            return []
        for (pointer,) in struct.iter_unpack("Q", raw[: len(raw) // 8 * 8]):
            if not pointer:
                break
            found.append(pointer)
        return found

    def _whole(self, pid: int, words: list[bytes], pointers: list[int]) -> list[str]:
        """Return the words as text, the long ones read further as far as there is room, and marked where they are cut."""
        room = _MAX_TOTAL - sum(map(len, words))
        shown = []
        for word, pointer in zip(words, pointers, strict=False):
            if len(word) < _FIRST:
                shown.append(text(word))
                continue
            rest = self._rest(pid, pointer + _FIRST)
            kept = rest[: max(0, min(room, _MAX_ARGUMENT - _FIRST))]
            room -= len(kept)
            shown.append(text(word + kept) + (_CUT if len(kept) < len(rest) else ""))
        return shown

    def _rest(self, pid: int, address: int) -> bytes:
        """Return the rest of a long argument, and a byte more than is ever kept, to tell whether it ended."""
        try:
            return self._reader.gather(pid, [(address, _MAX_ARGUMENT - _FIRST + 1)]).split(b"\0", 1)[0]
        except OSError:
            return b""  # the next page is not there


def _below(pid: int, folder: int, path: str) -> str:
    """Return the path of a file asked for below a descriptor of the caller's, or the descriptor's own."""
    if folder == _NO_FOLDER or path.startswith("/"):
        return path
    try:
        base = text(os.readlink(f"/proc/{pid}/fd/{folder}"))
    except OSError:
        return path
    return f"{base}/{path}" if path else base


def _words(raw: bytes, pieces: list[tuple[int, int]]) -> list[str] | None:
    """Return the arguments, which are all pieces but the first; None if one does not end in its piece."""
    words = []
    at = pieces[0][1]
    for _, length in pieces[1:]:
        end = raw.find(b"\0", at, at + length)
        if end < 0:
            return None
        words.append(text(raw[at:end]))
        at += length
    return words


def _fitting(words: list[bytes]) -> list[bytes]:
    """Return as many of the words as are taken together; 64 at the least, however long they are."""
    total = 0
    for index, word in enumerate(words):
        total += len(word)
        if total > _MAX_TOTAL:
            return words[:index]
    return words
