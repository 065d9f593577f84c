"""The door by which a person stops a run: one socket per episode under ``$VIGILES_HOME/runs``.

It lies in the home directory, which is closed to others and not visible in any cell, so no agent can reach or edit it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from vigiles.runtime.serving import named_socket

_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Live:
    """An episode whose supervisor lives: its run, its id, the supervisor's pid."""

    run: str
    episode: str
    pid: int


class Control:
    """Listens for an order to stop."""

    def __init__(self, home: Path, run: str, episode: str, stop: Callable[[], Awaitable[None]]) -> None:
        self._stop = stop
        self._path = home / "runs" / f"{run}.{episode}.sock"
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen."""
        sock = named_socket.listen(self._path)
        try:
            self._server = await asyncio.start_unix_server(self._asked, sock=sock)
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._path.unlink(missing_ok=True)

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, uid = named_socket.peer(writer.get_extra_info("socket"))
        order = await reader.readline()
        answer = b"refused\n"
        try:
            if uid in (0, os.geteuid()) and order == b"stop\n":
                await self._stop()
                answer = b"stopped\n"
            with contextlib.suppress(ConnectionError):  # whoever asked may not wait for the answer
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()


def live(home: Path) -> list[Live]:
    """Return the episodes whose supervisors answer; sockets left by dead ones are removed.

    Raises OSError where one may live and cannot be asked.
    """
    found = []
    for path in sorted((home / "runs").glob("*.sock")):
        run, _, episode = path.name.removesuffix(".sock").rpartition(".")
        sock = named_socket.connect(path)
        if sock is None:
            path.unlink(missing_ok=True)
            continue
        with sock:
            pid, _ = named_socket.peer(sock)
        found.append(Live(run, episode, pid))
    return found


def stop(home: Path, episode: Live) -> bool:
    """Order one episode to stop and wait until it has; return whether it did, or had ended already."""
    try:
        sock = named_socket.connect(home / "runs" / f"{episode.run}.{episode.episode}.sock")
    except OSError:
        return False
    if sock is None:
        return True
    with sock:
        sock.settimeout(_TIMEOUT_S)
        try:
            sock.sendall(b"stop\n")
            return sock.recv(64) == b"stopped\n"
        except OSError:
            return False
