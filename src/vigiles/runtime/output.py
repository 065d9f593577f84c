"""What a call's process writes: read as it comes, kept up to a limit, digested whole."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field

_READ = 65_536
#: Silence after which nobody is expected to write any more, and how long a writer is listened to at all, seconds.
_GRACE_S, _DRAIN_S = 0.1, 1.0
#: The largest pipe of an ordinary user, in reads.
_PIPE_READS = (1 << 20) // _READ


#: After each read of what is only counted: a call that writes without end is slowed down, not the other cells' calls.
_PAUSE_S = 0.001


@dataclass
class Allowance:
    """How many more bytes of a call's output are kept, whichever stream they come by.

    ``over`` is called once when more than ``most`` bytes have come in all.
    """

    left: int
    most: int | None = None
    over: Callable[[], None] | None = None
    came: int = 0

    def keep(self, part: bytes) -> bytes:
        """Count what came and return what of it is kept."""
        before, self.came = self.came, self.came + len(part)
        if self.over is not None and self.most is not None and before <= self.most < self.came:
            self.over()
        kept = part[: self.left]
        self.left -= len(kept)
        return kept


@dataclass
class Output:
    """One stream. ``data`` is its beginning, while the ``allowance`` lasts; ``total`` and the digest count everything."""

    allowance: Allowance
    data: bytearray = field(default_factory=bytearray)
    total: int = 0
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)
    _done: asyncio.Event = field(default_factory=asyncio.Event)
    _fd: int = -1
    _moved: bool = False
    _waiting: asyncio.TimerHandle | None = None

    def read_from(self, fd: int) -> None:
        """Take over the reading end of a pipe."""
        os.set_blocking(fd, False)
        self._fd = fd
        asyncio.get_running_loop().add_reader(fd, self._ready)

    def _ready(self) -> None:
        try:
            part = os.read(self._fd, _READ)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._close()
            return
        self._moved = True
        self.total += len(part)
        self._hash.update(part)
        kept = self.allowance.keep(part)
        self.data += kept
        if not kept and self._waiting is None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._fd)
            self._waiting = loop.call_later(_PAUSE_S, self._go_on)

    def _go_on(self) -> None:
        self._waiting = None
        if self._fd >= 0:
            asyncio.get_running_loop().add_reader(self._fd, self._ready)

    async def finish(self) -> None:
        """Return when the stream has ended; a daemon that holds it open is not waited for once nothing comes any more.

        One that goes on writing is cut off after a second: the call is over when its first process is.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _DRAIN_S
        while not self._done.is_set():
            self._moved = False
            try:
                async with asyncio.timeout(min(_GRACE_S, max(0.0, deadline - loop.time()))):
                    await self._done.wait()
            except TimeoutError:
                if loop.time() >= deadline:
                    self._rest()
                elif not self._moved:
                    self._close()

    def _rest(self) -> None:
        """Take what already lies in the pipe, for a loop that had no time to read, and stop."""
        for _ in range(_PIPE_READS):
            self._moved = False
            self._ready()
            if not self._moved:
                break
        self._close()

    def abandon(self) -> None:
        """Stop reading now."""
        self._close()

    def _close(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
        self._done.set()

    @property
    def truncated(self) -> bool:
        """Whether less was kept than was written."""
        return self.total > len(self.data)

    def sha256(self) -> str:
        """Return the digest of everything that was written, in hex."""
        return self._hash.hexdigest()
