"""Plays cases of every protocol against one door, many at once, until time is over; each case can be played again alone."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
import time
from collections import Counter
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

import fuzz_binary
import fuzz_http
import fuzz_http2
import fuzz_lenient
from fuzz_bytes import flip, pieces
from fuzz_oracle import Oracle
from fuzz_origin import Origin

PROTOCOLS = ("http", "connect", "socks", "dns", "tls")
#: What is played against a door that terminates TLS: records, HTTP/1.1 and HTTP/2 inside.
INSIDE = ("tls", "inside1", "inside2")
#: Cases of one protocol at once.
AT_ONCE = {"http": 12, "connect": 12, "socks": 4, "dns": 4, "tls": 12, "inside1": 4, "inside2": 4}
#: A client gives up on the door after this long, seconds; the door must have ended the flow before.
_PATIENCE = 6.0


@dataclass
class Play:
    """One run: ``honest`` is what an honest request got at the end; the run ends early with ``enough`` wrongs."""

    seed: str
    door: Any
    origin: Origin
    oracle: Oracle
    authority: str
    cases: Counter[str] = field(default_factory=Counter)
    number: int = 0
    honest: bytes = b""
    enough: int = 20
    #: For each ALPN name, what trusts the door's authority.
    contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)

    async def run(self, seconds: float, protocols: tuple[str, ...] = PROTOCOLS) -> None:
        """Play for ``seconds``, or until it is clear that much is wrong."""
        until = time.monotonic() + seconds
        await self._outside(self._repeat(protocol, until) for protocol in protocols for _ in range(AT_ONCE[protocol]))

    async def alone(self, protocol: str, number: int) -> None:
        """Play the case ``number`` of ``protocol`` and nothing else."""
        await self._outside([self._one(protocol, number)])

    async def _outside(self, work: Iterable[Coroutine[Any, Any, None]]) -> None:
        outside = asyncio.ensure_future(self.origin.serve())
        takers = asyncio.ensure_future(self._take())
        try:
            async with asyncio.TaskGroup() as group:
                for one in work:
                    group.create_task(one)
            await self._settle()
            if not self.contexts:
                self.honest = await asyncio.to_thread(self.door.ask, fuzz_http.honest(self.authority))
        finally:
            for task in (outside, takers):
                task.cancel()
            await asyncio.gather(outside, takers, return_exceptions=True)
            await self.origin.close()

    async def _one(self, protocol: str, number: int) -> None:
        rng = random.Random(f"{self.seed} {protocol} {number}")
        await getattr(self, f"_{protocol}")(rng, number)
        self.cases[protocol] += 1

    async def _repeat(self, protocol: str, until: float) -> None:
        while time.monotonic() < until and len(self.oracle.wrongs) < self.enough:
            self.number += 1
            await self._one(protocol, self.number)

    async def _take(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            self._taken()

    def _taken(self) -> None:
        for message in self.door.taken():
            self.oracle.told(message)
        for data in self.origin.taken():
            self.oracle.heard(data)

    async def _settle(self) -> None:
        """Wait until the door has ended every flow and told of it."""
        async with asyncio.timeout(15):
            await self.origin.settled()
            while await asyncio.to_thread(self.door.open_flows):
                await asyncio.sleep(0.05)
        # Told before the answer to the last question, and so here by now.
        self._taken()
        self.oracle.settle()

    async def _http(self, rng: random.Random, number: int) -> None:
        raw = fuzz_http.requests(rng, self.authority, f"f{number}", absolute=True)
        got = await self._talk(rng, number, self.door.proxy, raw, ends=0.6)
        if not raw.startswith((b"CONNECT", b"\x05", b"\x04")) and b"CONNECT" not in raw:
            methods = [one.method for one in fuzz_lenient.requests(raw, fuzz_lenient.UNIX)]
            longest = max((fuzz_lenient.requests(raw, habits) for habits in fuzz_lenient.READERS), key=len)
            self.oracle.answered(
                got, [one.method for one in longest] if len(longest) > len(methods) else methods or ["GET"], number
            )

    async def _connect(self, rng: random.Random, number: int) -> None:
        raw = fuzz_binary.connect(rng, self.authority)
        more = fuzz_binary.inside(rng, self.authority)
        await self._talk(rng, number, self.door.proxy, raw, more)

    async def _socks(self, rng: random.Random, number: int) -> None:
        port = self.door.socks if rng.random() < 0.9 else rng.choice((self.door.proxy, self.door.transparent))
        await self._talk(rng, number, port, *fuzz_binary.socks(rng, self.authority))

    async def _tls(self, rng: random.Random, number: int) -> None:
        if rng.random() < 0.5:
            await self._talk(rng, number, self.door.transparent, fuzz_binary.tls(rng))
        else:
            await self._talk(rng, number, self.door.proxy, self._opening(), fuzz_binary.tls(rng))

    def _opening(self) -> bytes:
        return f"CONNECT {self.authority} HTTP/1.1\r\nHost: {self.authority}\r\n\r\n".encode()

    async def _inside1(self, rng: random.Random, number: int) -> None:
        said = fuzz_http.requests(rng, self.authority, f"f{number}", absolute=False)
        await self._secure(rng, number, "http/1.1", said)

    async def _inside2(self, rng: random.Random, number: int) -> None:
        await self._secure(rng, number, "h2", fuzz_http2.conversation(rng, self.authority, f"f{number}"))

    async def _secure(self, rng: random.Random, number: int, protocol: str, said: bytes) -> None:
        """Say ``said`` inside TLS with the door, whose records are sometimes harmed on the way."""
        loop = asyncio.get_running_loop()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        engine = self.contexts[protocol].wrap_bio(incoming, outgoing, server_hostname=fuzz_binary.ALLOWED)
        harmed = rng.random() < 0.15
        with self.door.connect(self.door.proxy, number) as sock:
            sock.setblocking(False)
            try:
                async with asyncio.timeout(_PATIENCE):
                    await loop.sock_sendall(sock, self._opening())
                    answer = await loop.sock_recv(sock, 4096)
                    while answer and not self._spoken(engine, said):
                        await self._send(loop, rng, sock, outgoing.read(), harmed)
                        answer = await loop.sock_recv(sock, 65536)
                        incoming.write(answer)
                    await self._send(loop, rng, sock, outgoing.read(), harmed)
                    if rng.random() < 0.9:
                        sock.shutdown(socket.SHUT_WR)
                    while await loop.sock_recv(sock, 65536):
                        pass
            except TimeoutError:
                self.oracle.wrongs.append(f"call {number}: the door still holds on after {_PATIENCE} s: {said!r:.1000}")
            except OSError:
                pass

    @staticmethod
    def _spoken(engine: ssl.SSLObject, said: bytes) -> bool:
        """Go on with the handshake; return whether it is done, and ``said`` is written."""
        try:
            engine.do_handshake()
        except ssl.SSLWantReadError:
            return False
        engine.write(said)
        return True

    @staticmethod
    async def _send(
        loop: asyncio.AbstractEventLoop, rng: random.Random, sock: socket.socket, data: bytes, harmed: bool
    ) -> None:
        data = flip(rng, data, 2) if harmed and rng.random() < 0.5 else data
        for piece in pieces(rng, data):
            await loop.sock_sendall(sock, piece)

    async def _dns(self, rng: random.Random, number: int) -> None:
        loop = asyncio.get_running_loop()
        raw = fuzz_binary.dns(rng, number)
        if rng.random() < 0.4:
            size = len(raw) if rng.random() < 0.8 else rng.choice((0, 1, len(raw) + 3, 65535))
            await self._talk(rng, number, self.door.dns_tcp, (size & 0xFFFF).to_bytes(2, "big") + raw, ends=1)
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.connect(("127.0.0.1", self.door.dns_udp))
            await loop.sock_sendall(sock, raw)
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(0.15):
                    self.oracle.resolved(raw, await loop.sock_recv(sock, 65536), number)

    async def _talk(self, rng: random.Random, number: int, port: int, *parts: bytes, ends: float = 0.95) -> bytes:
        """Connect as call ``number``, send each part when the one before was answered, and return all that comes.

        ``ends``: how often the client says that it sends nothing more, rather than wait for the door.
        """
        loop = asyncio.get_running_loop()
        # The pinned address, or the one that the door's DNS makes up for the host.
        address = rng.choice(("127.0.0.1", "198.18.0.1"))
        destination = (address, self.origin.port) if port == self.door.transparent else None
        try:
            connected = self.door.connect(port, number, destination)
        except ConnectionResetError:
            # On a busy machine the door may be done with it before we know that it stands.
            return b""
        with connected as sock:
            sock.setblocking(False)
            got = b""
            try:
                async with asyncio.timeout(_PATIENCE):
                    for at, part in enumerate(parts):
                        if at and rng.random() < 0.8:
                            got += await loop.sock_recv(sock, 65536)
                        for piece in pieces(rng, part):
                            await loop.sock_sendall(sock, piece)
                            if rng.random() < 0.3:
                                await asyncio.sleep(0.002)
                    if rng.random() < ends:
                        sock.shutdown(socket.SHUT_WR)
                    while data := await loop.sock_recv(sock, 65536):
                        got += data
            except TimeoutError:
                self.oracle.wrongs.append(f"call {number}: the door still holds on after {_PATIENCE} s: {parts!r:.1000}")
            except OSError:
                pass
            return got
