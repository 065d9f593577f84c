"""A TCP socket on the event loop without buffers of our own: what is not read stays in the kernel and slows the sender."""

from __future__ import annotations

import asyncio
import socket
import struct

#: The most that is read at once and so the most that is held for one direction, bytes.
CHUNK = 64 * 1024
#: The same for :meth:`Wire.take`, as long as all directions together hold less than ``MOST_HELD``.
BULK = 1 << 21
MOST_HELD = 16 << 20
#: A flow that never waits lets others have their turn after this many bytes.
_TURN = 2 << 20
#: Reads of what is only dropped.
_HEARD_OUT = 64

_room = memoryview(bytearray(BULK))


class Wire:
    """``unread`` gives bytes back to be read again. ``sock`` is for who puts something on top."""

    #: What all wires together have read with :meth:`take` and the other side does not take yet, bytes.
    held = 0

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._pending = b""
        #: Whether the stream that passes here was cut off rather than ended.
        self.ragged = False
        self._loop = asyncio.get_running_loop()
        self._turn = 0

    async def read(self) -> bytes:
        """Return what has come, at most :data:`CHUNK`; empty at the end. Raises OSError."""
        if self._pending:
            data, self._pending = self._pending, b""
            return data
        return await self._loop.sock_recv(self.sock, CHUNK)

    async def take(self) -> bytes | memoryview:
        """Like :meth:`read` for much at a time: what is returned is overwritten once the caller awaits anything that waits.

        :meth:`write` keeps what it has to keep. Raises OSError.
        """
        if self._pending or type(self) is not Wire:
            # What something on top has to decode is not ours to read.
            return await self.read()
        if self._turn >= _TURN:
            self._turn = 0
            await asyncio.sleep(0)
        while True:
            try:
                size = self.sock.recv_into(_room[: BULK if Wire.held < MOST_HELD else CHUNK])
            except (BlockingIOError, InterruptedError):
                self._turn = 0
                await self._readable()
            else:
                self._turn += size
                return _room[:size]

    async def _readable(self) -> None:
        # The event loop's own sock_recv_into would fill the room before its caller can run: others could fill it between.
        came = asyncio.Event()
        self._loop.add_reader(self.sock, came.set)
        try:
            await came.wait()
        finally:
            self._loop.remove_reader(self.sock)

    def unread(self, data: bytes) -> None:
        """Put ``data`` before what comes next."""
        self._pending = data + self._pending

    async def write(self, data: bytes | memoryview) -> None:
        """Send all of ``data``, waiting while the other side does not take it. Raises OSError."""
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        if sent == len(data):
            return
        rest = bytes(data[sent:]) if sent or not isinstance(data, bytes) else data
        Wire.held += len(rest)
        try:
            await self._loop.sock_sendall(self.sock, rest)
        finally:
            Wire.held -= len(rest)

    def offer(self, data: bytes) -> None:
        """Send as much of ``data`` as goes at once; for farewells."""
        try:
            self.sock.send(data)
        except OSError:
            pass

    async def hear_out(self, seconds: float) -> None:
        """Read and drop what still comes, for a while: who is cut off while it sends does not read what it was told."""
        try:
            async with asyncio.timeout(seconds):
                for _ in range(_HEARD_OUT):
                    if not await self.read():
                        return
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
