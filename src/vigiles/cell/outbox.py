"""Orders on their way to a process of ours that may be slow to take them: none is lost while it lives.

A workload can keep init busy, by signals that shims forward for it, and its socket full. An order to stop must not be the
one that finds no room.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque

from vigiles.cell import wire

#: Ordinary orders that wait, at the most; one more is refused.
MOST = 4096


class Outbox:
    """The sending side of a non-blocking socket. Ordinary orders go in the order in which they were given.

    Urgent ones go, in theirs, before all ordinary orders that still wait, and there is always room for them.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._urgent: deque[tuple[object, list[int]]] = deque()
        self._waiting: deque[tuple[object, list[int]]] = deque()

    def send(self, message: object, descriptors: list[int] | None = None, *, urgent: bool = False) -> None:
        """Send now, or as soon as there is room; the descriptors may be closed at once.

        Raises OSError if the other end is gone, BlockingIOError if too many orders wait.
        """
        if not self._urgent and (urgent or not self._waiting):
            try:
                wire.send(self._sock, message, descriptors)
            except BlockingIOError:
                pass
            else:
                return
        if not urgent and len(self._waiting) >= MOST:
            raise BlockingIOError("too many orders wait")
        (self._urgent if urgent else self._waiting).append((message, [os.dup(fd) for fd in descriptors or ()]))
        self._loop.add_writer(self._sock, self._writable)

    def close(self) -> None:
        """Forget what waits. The socket stays its owner's to close."""
        if self._sock.fileno() >= 0:
            self._loop.remove_writer(self._sock)
        for queue in (self._urgent, self._waiting):
            while queue:
                _let_go(queue.popleft()[1])

    def _writable(self) -> None:
        while queue := self._urgent or self._waiting:
            message, descriptors = queue[0]
            try:
                wire.send(self._sock, message, descriptors)
            except BlockingIOError:
                return
            except OSError:
                self.close()  # whoever reads this socket hears that the other end is gone
                return
            queue.popleft()
            _let_go(descriptors)
        self._loop.remove_writer(self._sock)


def _let_go(descriptors: list[int]) -> None:
    for fd in descriptors:
        os.close(fd)
