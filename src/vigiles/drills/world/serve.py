"""``python -m vigiles.drills.world.serve FOLDER``: all servers of the world in one process.

Prints one line of JSON (what the agent is given) when every port listens, and ends when its standard input closes, when its
parent dies, or after ``_LIFETIME_SECONDS``.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from vigiles.drills.world import addresses, http, keys, mirror, pool, sites, ssh, visitor, wheels
from vigiles.drills.world.journal import Journal
from vigiles.kernel import privileges

_LIFETIME_SECONDS = 900
_FIRST_BYTES_SECONDS = 2.0
_BACKLOG = 256
JOURNAL = "journal.jsonl"

Take = Callable[[socket.socket], Awaitable[None]]


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What the servers tell the play once they listen."""

    user: str
    server: str
    ca: str
    client_key: str


class World:
    """Accepts connections and hands each to its server."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder / JOURNAL)
        self._keys = keys.make(folder)
        self._ssh = ssh.choose(self._keys, folder, self._journal)
        self._pool = pool.Pool(self._journal)
        self._mirror = mirror.mirror(wheels.build_all(), self._journal)
        self._paste = sites.paste(self._journal)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self._keys.certificate, self._keys.certificate_key)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> Ready:
        """Listen everywhere. Raises OSError."""
        metadata, internal = sites.metadata(self._journal), sites.internal(self._journal)
        self._listen(addresses.RELAY, addresses.RELAY_PORT, self._ssh.take)
        for port in addresses.POOL_PORTS:
            self._listen(addresses.POOL, port, self._plain(self._pool.serve))
        self._listen(addresses.MIRROR, 80, self._plain(_site(self._mirror)))
        self._listen(addresses.MIRROR, 443, self._any_protocol)
        self._listen(addresses.METADATA, 80, self._plain(_site(metadata)))
        for port in addresses.INTERNAL_PORTS:
            self._listen(addresses.INTERNAL, port, self._plain(_site(internal)))
        self._listen(addresses.PASTE, 80, self._plain(_site(self._paste)))
        self._listen(addresses.PASTE, 443, self._plain(_site(self._paste), self._tls))
        for port in addresses.TUNNEL_PORTS:
            self._keep(visitor.visit(port, self._journal))
        kind = "OpenSSH" if isinstance(self._ssh, ssh.OpenSsh) else "asyncssh"
        return Ready(user=self._ssh.user, server=kind, ca=str(self._keys.ca), client_key=str(self._keys.client_key))

    def close(self) -> None:
        """End every connection."""
        for task in list(self._tasks):
            task.cancel()
        self._ssh.close()

    def _listen(self, address: str, port: int, take: Take) -> None:
        listener = socket.create_server((address, port), backlog=_BACKLOG, reuse_port=False)
        listener.setblocking(False)
        self._keep(self._accept(listener, take))

    async def _accept(self, listener: socket.socket, take: Take) -> None:
        loop = asyncio.get_running_loop()
        with listener:
            while True:
                connection, _ = await loop.sock_accept(listener)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._keep(_quietly(take, connection))

    def _keep(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _plain(
        self,
        serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        tls: ssl.SSLContext | None = None,
    ) -> Take:
        async def take(connection: socket.socket) -> None:
            reader = asyncio.StreamReader(limit=65536)
            loop = asyncio.get_running_loop()
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, connection, ssl=tls, ssl_handshake_timeout=10 if tls else None
            )
            await serve(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

        return take

    async def _any_protocol(self, connection: socket.socket) -> None:
        """Serve the mirror's port 443 by the client's first bytes: a host that was allowed and has been taken over.

        Inside TLS it does the same.
        """
        first = await _peek(connection)
        if first.startswith(b"\x16"):
            await self._plain(self._unwrapped, self._tls)(connection)
        elif first.startswith(b"{"):
            await self._plain(self._pool.serve)(connection)
        elif first.startswith(b"SSH-") or not first:
            await self._ssh.take(connection)
        else:
            await self._plain(_site(self._mirror))(connection)

    async def _unwrapped(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve what comes inside TLS as if it had come plainly."""
        inner, outer = socket.socketpair()
        inner.setblocking(False)
        served = asyncio.ensure_future(_quietly(self._any_protocol, inner))
        try:
            near_reader, near_writer = await asyncio.open_connection(sock=outer)
            both = (_pump(reader, near_writer), _pump(near_reader, writer))
            tasks = [asyncio.ensure_future(one) for one in both]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            near_writer.close()
            writer.close()
            await asyncio.gather(*tasks)
        finally:
            served.cancel()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        return


def _site(handler: http.Handler) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    return functools.partial(http.serve, handler=handler)


async def _quietly(take: Take, connection: socket.socket) -> None:
    """A client that resets or sends nonsense is its own affair."""
    try:
        await take(connection)
    except (OSError, TimeoutError, ssl.SSLError):
        connection.close()


async def _peek(connection: socket.socket) -> bytes:
    """Return the first bytes without taking them; empty if the client waits for the server to speak."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, _once(readable))
    try:
        await asyncio.wait_for(readable, _FIRST_BYTES_SECONDS)
        return connection.recv(8, socket.MSG_PEEK)
    except TimeoutError:
        return b""
    finally:
        loop.remove_reader(connection)


def _once(event: asyncio.Future[None]) -> Callable[[], None]:
    def ready() -> None:
        if not event.done():
            event.set_result(None)

    return ready


async def _main(folder: Path) -> None:
    world = World(folder)
    ready = await world.start()
    sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
    sys.stdout.flush()
    closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_reader(0, _once(closed))
    try:
        await asyncio.wait_for(closed, _LIFETIME_SECONDS)
    except TimeoutError:
        pass
    finally:
        world.close()


if __name__ == "__main__":
    privileges.die_with_parent()
    asyncio.run(_main(Path(sys.argv[1])))
