"""A TCP socket on the event loop without buffers of our own: what is not read stays in the kernel and slows the sender."""

from __future__ import annotations

import asyncio
import socket
import struct

#: The most that is read at once and so the most that is held for one direction, bytes.
CHUNK = 64 * 1024


class Wire:
    """``unread`` gives bytes back to be read again. ``sock`` is for who puts something on top."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._pending = b""
        #: Whether the stream that passes here was cut off rather than ended.
        self.ragged = False
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        """Return what has come, at most :data:`CHUNK`; empty at the end. Raises OSError."""
        if self._pending:
            data, self._pending = self._pending, b""
            return data
        return await self._loop.sock_recv(self.sock, CHUNK)

    def unread(self, data: bytes) -> None:
        """Put ``data`` before what comes next."""
        self._pending = data + self._pending

    async def write(self, data: bytes) -> None:
        """Send all of ``data``, waiting while the other side does not take it. Raises OSError."""
        await self._loop.sock_sendall(self.sock, data)

    def offer(self, data: bytes) -> None:
        """Send as much of ``data`` as goes at once; for farewells."""
        try:
            self.sock.send(data)
        except OSError:
            pass

    def finish(self) -> None:
        """Say that we send nothing more."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        """Close in peace: unread bytes are taken first, because the kernel answers them with a reset."""
        self.finish()
        try:
            for _ in range(16):
                if not self.sock.recv(CHUNK):
                    break
        except OSError:
            pass
        self.sock.close()

    def reset(self) -> None:
        """Close with RST."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.sock.close()
