"""A person's terminal, joined to the terminal inside a cell.

The agent gets a terminal of its own (from the cell's devpts), so nothing it does to it reaches the person's; bytes pass both
ways, and so do size changes. The person's terminal is raw meanwhile and is put back whatever happens. A terminal that stands
still (Ctrl-S, a lost line) holds up what the agent writes, and nothing else.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable
from types import TracebackType

from vigiles.runtime.attending.stdio import own_description

_READ = 65_536
#: More than a terminal holds of what was written and not read yet.
_HELD = 1 << 18
#: How long the last output of an agent waits for a terminal that stands still.
_STILL_S = 30.0


class Terminal:
    """Relays between standard input and output and the terminal ``master`` of a call."""

    def __init__(self, master: int, interrupted: Callable[[], bool]) -> None:
        """``interrupted`` is asked at each Ctrl-C: True if it was dealt with and must not reach the agent."""
        self._master = master
        self._interrupted = interrupted
        self._saved = termios.tcgetattr(0)
        self._done = asyncio.Event()
        self._held = b""
        self._free = asyncio.Event()
        self._free.set()

    def __enter__(self) -> Terminal:
        loop = asyncio.get_running_loop()
        sys.stdout.flush()
        self._screen = own_description(1)
        try:
            self._resize()
            os.set_blocking(self._master, False)
            loop.add_reader(0, self._typed)
            loop.add_reader(self._master, self._shown)
            loop.add_signal_handler(signal.SIGWINCH, self._resize)
            tty.setraw(0, termios.TCSADRAIN)  # what was typed ahead is the agent's to read
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(0)
        loop.remove_reader(self._master)
        if not self._free.is_set():
            loop.remove_writer(self._screen)
        loop.remove_signal_handler(signal.SIGWINCH)
        os.close(self._master)
        os.close(self._screen)
        try:
            termios.tcsetattr(0, termios.TCSADRAIN, self._saved)
        except termios.error:
            pass  # the person's terminal is gone

    async def drained(self, seconds: float = 0.2) -> None:
        """Show everything the agent wrote; what other processes still write has ``seconds``.

        A terminal that stands still is waited for, but not for ever.
        """
        # A read waits for what the kernel still carries over, however late; an event loop waits to be told of it.
        shown = 0
        while await self._written() and not self._done.is_set() and shown < _HELD and (size := self._shown()):
            shown += size
        try:
            async with asyncio.timeout(seconds):
                await self._done.wait()
        except TimeoutError:
            pass

    def _typed(self) -> None:
        try:
            data = os.read(0, _READ)
        except OSError:
            data = b""  # the person's terminal is gone
        if not data:
            asyncio.get_running_loop().remove_reader(0)
            data = b"\x04"
        if b"\x03" in data and self._interrupted():
            return
        try:
            os.write(self._master, data)
        except OSError:
            pass

    def _shown(self) -> int:
        """Show what waits; return how many bytes that was."""
        try:
            data = os.read(self._master, _READ)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
            self._done.set()
            return 0
        self._held = data
        if self._write():
            return len(data)
        loop = asyncio.get_running_loop()
        self._free.clear()
        loop.remove_reader(self._master)
        loop.add_writer(self._screen, self._writable)
        return len(data)

    def _write(self) -> bool:
        """Write what is held; return whether all of it went."""
        while self._held:
            try:
                self._held = self._held[os.write(self._screen, self._held) :]
            except BlockingIOError:
                return False
            except OSError:
                self._held = b""  # nobody sees it any more; the agent hears of that by the hang-up
        return True

    def _writable(self) -> None:
        if self._write():
            loop = asyncio.get_running_loop()
            loop.remove_writer(self._screen)
            loop.add_reader(self._master, self._shown)
            self._free.set()

    async def _written(self) -> bool:
        """Wait until nothing is held; return False when the terminal stood still too long."""
        try:
            async with asyncio.timeout(_STILL_S):
                await self._free.wait()
        except TimeoutError:
            return False
        return True

    def _resize(self) -> None:
        size = fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)


def interactive() -> bool:
    """Say whether a person sits at standard input and output."""
    return os.isatty(0) and os.isatty(1)
