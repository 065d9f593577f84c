"""The world outside: an allowed host that remembers every byte, answers as its seed says, and one that nobody may reach."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import ssl

import fuzz_http

_TAG = re.compile(rb"/(f[0-9]+)-")
_MOST = 1 << 20


def listener() -> socket.socket:
    """Return a listening socket on loopback."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(1024)
    sock.setblocking(False)
    return sock


class Origin:
    """``heard`` holds what came on each connection that has ended, in full; :meth:`taken` empties it."""

    def __init__(self, seed: str, certificate: str = "") -> None:
        """``certificate``: a file with which every connection is TLS."""
        self._seed = seed
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._listener = listener()
        self.port: int = self._listener.getsockname()[1]
        self._heard: list[bytes] = []
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def taken(self) -> list[bytes]:
        """Return what was heard since the last time."""
        heard, self._heard = self._heard, []
        return heard

    async def serve(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        while True:
            sock, _ = await loop.sock_accept(self._listener)
            self.connections += 1
            task = asyncio.ensure_future(self._one(sock))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()

    async def settled(self) -> None:
        """Wait until every connection has ended."""
        while self._tasks:
            await asyncio.sleep(0.01)

    async def _one(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        wire = _Clear(sock) if self._context is None else _Secure(sock, self._context)
        heard = b""
        answered = False
        try:
            while len(heard) < _MOST:
                async with asyncio.timeout(5):
                    data = await wire.receive()
                if not data:
                    break
                heard += data
                if not answered and heard[:1] != b"\x16" and b"\r\n\r\n" in heard:
                    answered = True
                    tag = _TAG.search(heard)
                    rng = random.Random(f"{self._seed} answer {tag[1].decode() if tag else ''}")
                    answer = fuzz_http.answer(rng, tag[1].decode() if tag else "none")
                    await wire.send(fuzz_http.HONEST if heard.startswith(b"GET /honest ") else answer)
                    if rng.random() < 0.7:
                        sock.shutdown(socket.SHUT_WR)
        except (OSError, TimeoutError):
            pass
        finally:
            self._heard.append(heard)
            with contextlib.suppress(OSError):
                sock.close()


class _Clear:
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()

    async def receive(self) -> bytes:
        """Return what comes next, empty at the end. Raises OSError."""
        return await self._loop.sock_recv(self._sock, 65536)

    async def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        await self._loop.sock_sendall(self._sock, data)


class _Secure(_Clear):
    """The same inside TLS."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(sock)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._engine = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def receive(self) -> bytes:
        while True:
            try:
                # The first read makes the handshake.
                return self._engine.read(65536)
            except ssl.SSLWantReadError:
                await super().send(self._outgoing.read())
            except ssl.SSLZeroReturnError:
                return b""
            data = await super().receive()
            if not data:
                return b""
            self._incoming.write(data)

    async def send(self, data: bytes) -> None:
        self._engine.write(data)
        await super().send(self._outgoing.read())
