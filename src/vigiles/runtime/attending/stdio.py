"""Standard input and output of an agent where only some of them are the person's terminal.

A descriptor of a terminal is more than bytes: it can be switched, read by whoever holds it, and made to type. So the agent
gets a pipe in a terminal's place and the bytes are passed on here; what is no terminal (a pipe, a file) it gets as it is.
The terminal's modes are never touched. What was typed and not read by the agent is lost with it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios
from contextlib import ExitStack
from types import TracebackType

_READ = 65_536
_DRAIN_S = 30.0
_BACKGROUND_S = 0.25


class Stdio:
    """The three descriptors of an agent; ``descriptors`` are for its launch, :meth:`launched` closes our copies of them.

    ``owner``: the uid and gid that the pipes are given to, so that the agent can open /dev/stdout; None leaves them ours.
    """

    def __init__(self, owner: tuple[int, int] | None) -> None:
        self._owner = owner
        self._theirs = ExitStack()
        self._pumps: list[Pump] = []
        self._shown: list[Pump] = []

    def __enter__(self) -> Stdio:
        self.descriptors = [0, 1, 2]
        # One pipe for both outputs on one terminal keeps them in the order in which they were written.
        pipes: dict[int, int] = {}
        if os.isatty(0):
            reader, writer = self._pipe()
            os.set_blocking(writer, False)
            self.descriptors[0] = reader
            self._theirs.callback(os.close, reader)
            self._pumps.append(Pump(os.dup(0), writer, foreground=True))
        for fd in (1, 2):
            if not os.isatty(fd):
                continue
            terminal = os.fstat(fd).st_rdev
            if terminal not in pipes:
                reader, writer = self._pipe()
                pipes[terminal] = writer
                self._theirs.callback(os.close, writer)
                pump = Pump(reader, own_description(fd))
                self._pumps.append(pump)
                self._shown.append(pump)
            self.descriptors[fd] = pipes[terminal]
        for pump in self._pumps:
            pump.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._theirs.close()
        for pump in self._pumps:
            pump.stop()

    def launched(self) -> None:
        """Let go of the agent's ends: from now on it alone holds them, and their end is its end."""
        self._theirs.close()

    async def drained(self) -> None:
        """Return when everything written until now has been shown; who writes on in the background is not waited for."""
        for pump in self._shown:
            pump.last()
        try:
            async with asyncio.timeout(_DRAIN_S):
                for pump in self._shown:
                    await pump.over.wait()
        except TimeoutError:
            pass  # the terminal stands still

    def _pipe(self) -> tuple[int, int]:
        pair = os.pipe2(os.O_CLOEXEC)
        if self._owner is not None:
            os.fchown(pair[0], *self._owner)
        return pair


class Pump:
    """Passes bytes from ``source`` to ``sink`` on the event loop and owns both. ``over`` is set when no more will come.

    ``foreground``: read only while this process may read its terminal; one in the background would be stopped.
    """

    def __init__(self, source: int, sink: int, *, foreground: bool = False) -> None:
        self.over = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._source = source
        self._sink = sink
        self._foreground = foreground
        self._held = b""
        self._left: int | None = None
        self._again: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin."""
        self._loop.add_reader(self._source, self._ready)

    def last(self) -> None:
        """Pass on what waits in the source now, and then no more."""
        if not self.over.is_set():
            waiting: int = struct.unpack("i", fcntl.ioctl(self._source, termios.FIONREAD, bytes(4)))[0]
            self._left = waiting
            if not waiting and not self._held:
                self.stop()

    def stop(self) -> None:
        """Stop now and close both ends."""
        if self.over.is_set():
            return
        self.over.set()
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._source)
        self._loop.remove_writer(self._sink)
        os.close(self._source)
        os.close(self._sink)

    def _ready(self) -> None:
        if self._foreground and not _in_foreground(self._source):
            self._loop.remove_reader(self._source)
            self._again = self._loop.call_later(_BACKGROUND_S, self._loop.add_reader, self._source, self._ready)
            return
        try:
            self._held = os.read(self._source, _READ if self._left is None else min(_READ, self._left))
        except OSError:
            self._held = b""  # the terminal is gone
        if not self._held:
            self.stop()
            return
        if self._left is not None:
            self._left -= len(self._held)
        self._loop.remove_reader(self._source)
        self._loop.add_writer(self._sink, self._write)
        self._write()

    def _write(self) -> None:
        try:
            self._held = self._held[os.write(self._sink, self._held) :]
        except BlockingIOError:
            return
        except OSError:
            self.stop()  # nobody reads any more
            return
        if self._held:
            return
        self._loop.remove_writer(self._sink)
        if self._left == 0:
            self.stop()
        else:
            self._loop.add_reader(self._source, self._ready)


def own_description(fd: int) -> int:
    """Open the terminal anew, so that it can be written without waiting and without a change for those who share it."""
    try:
        return os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return os.dup(fd)  # somebody else's terminal, as after su; it is shared then


def _in_foreground(terminal: int) -> bool:
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True  # not our controlling terminal: no job control
