"""One end of a SOCK_SEQPACKET pair on the event loop: whole messages in, whole messages out, nothing lost while it lives."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable

from vigiles.cell.door.messages import MAX_MESSAGE

#: Messages taken in one go before other work gets its turn.
_BATCH = 64


class Channel:
    """``on_message`` is called with each datagram and its descriptors, ``on_closed`` once when the other end is gone."""

    def __init__(
        self, sock: socket.socket, on_message: Callable[[bytes, list[int]], None], on_closed: Callable[[], None]
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._on_message = on_message
        self._on_closed = on_closed
        self._queue: deque[bytes] = deque()
        self._open = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._readable)

    @property
    def backlog(self) -> int:
        """How many messages the other end has not taken yet."""
        return len(self._queue)

    def send(self, data: bytes) -> None:
        """Send now, or as soon as the other end takes it, in order."""
        if not self._open:
            return
        if not self._queue and self._try(data):
            return
        if self._open:
            self._queue.append(data)
            self._loop.add_writer(self._sock, self._writable)

    async def flush(self) -> None:
        """Wait until everything is sent or the other end is gone."""
        while self._queue and self._open:
            await asyncio.sleep(0.005)

    def _try(self, data: bytes) -> bool:
        try:
            self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self._close()
        return True

    def _writable(self) -> None:
        while self._queue:
            if not self._try(self._queue[0]):
                return
            if not self._open:
                return
            self._queue.popleft()
        self._loop.remove_writer(self._sock)

    def _readable(self) -> None:
        for _ in range(_BATCH):
            try:
                data, descriptors, _, _ = socket.recv_fds(self._sock, MAX_MESSAGE, 1, socket.MSG_CMSG_CLOEXEC)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                data, descriptors = b"", []
            if not data:
                self._close()
                return
            self._on_message(data, descriptors)
            if not self._open:
                return

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._queue.clear()
            self._on_closed()
