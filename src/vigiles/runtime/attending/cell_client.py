"""The owner's side of a running cell's socket: one connection for each call, or to close the cell."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import EpisodeOver, InputInvalid, NotFound, ProcessLost
from vigiles.runtime.attending.stdio import Stdio
from vigiles.runtime.serving import handed, named_socket
from vigiles.runtime.serving.cell_server import CellAnswer, CellRequest, socket_of

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_LONGEST_ANSWER = 1 << 16
_REFUSED = "only the user who opened a cell may use it, and nothing that runs in one"


@dataclass(frozen=True)
class Asked:
    """One call: ``environment`` adds to the profile's, ``timeout`` is in seconds, ``label`` is the harness's own."""

    argv: Sequence[str]
    label: str | None = None
    cwd: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    timeout: float | None = None


async def call(home: Path, cell: str, asked: Asked) -> CellAnswer:
    """Perform a call in a running cell, joined to our own standard input and outputs and to our signals, to its end.

    Raises :class:`NotFound`, :class:`EpisodeOver`, :class:`InputInvalid`, :class:`ProcessLost`.
    """
    request = CellRequest(
        order="call",
        argv=handed.as_sent(asked.argv),
        cwd=None if asked.cwd is None else handed.as_sent([asked.cwd])[0],
        environment=dict(zip(handed.as_sent(asked.environment), handed.as_sent(asked.environment.values()), strict=True)),
        label=asked.label,
        timeout=asked.timeout,
    )
    loop = asyncio.get_running_loop()
    with connected(home, cell) as sock, ExitStack() as held:
        sock.setblocking(False)
        greeting = await _line(sock, home, cell)
        owner = json.loads(greeting).get("owner")
        stdio = held.enter_context(Stdio(None if owner is None else (owner[0], owner[1])))
        for number in _FORWARDED:
            loop.add_signal_handler(number, _forward, sock, int(number))
            held.callback(loop.remove_signal_handler, number)
        await _send(sock, request, stdio.descriptors)
        stdio.launched()
        answer = msgspec.json.decode(await _line(sock, home, cell), type=CellAnswer)
        await stdio.drained()
        return answer


async def close(home: Path, cell: str) -> None:
    """Close a running cell in order, and return when it has ended.

    Raises :class:`NotFound`, :class:`EpisodeOver`, :class:`ProcessLost`.
    """
    with connected(home, cell) as sock, open(os.devnull, "r+b") as nowhere:
        sock.setblocking(False)
        await _line(sock, home, cell)
        await _send(sock, CellRequest(order="close"), [nowhere.fileno()] * 3)
        await _line(sock, home, cell)


def connected(home: Path, cell: str) -> socket.socket:
    """Return a connection to a cell. Raises :class:`EpisodeOver` for one that has ended, :class:`NotFound`."""
    if not cell or "/" in cell or "\0" in cell:
        raise InputInvalid("this is no cell's id", "Give the id that `vigiles cell open` printed.")
    try:
        sock = named_socket.connect(socket_of(home, cell))
    except OSError as error:
        raise ProcessLost(f"{cell} cannot be asked: {error.strerror}", "Use it as the user who opened it.") from error
    if sock is None:
        raise _gone(home, cell)
    return sock


def _gone(home: Path, cell: str) -> EpisodeOver | NotFound:
    """Return why nobody answers for an episode."""
    with LedgerReader(home) as reader:
        for _, record in reader.records(type="episode_ended", episode=cell):
            if isinstance(record, EpisodeEnded):
                return EpisodeOver(f"{cell} has ended ({record.reason})", "Open another: vigiles cell open")
        for _, record in reader.records(type="episode_opened", episode=cell):
            if isinstance(record, EpisodeOpened):
                return EpisodeOver(f"nobody answers for {cell}: it has ended, or takes no calls", "Open: vigiles cell open")
    return NotFound(f"no cell {cell}", "Give the id that `vigiles cell open` printed.")


async def _send(sock: socket.socket, request: CellRequest, descriptors: list[int]) -> None:
    data = msgspec.json.encode(request)
    with contextlib.suppress(ConnectionError):  # why, the answer says, or its lack
        sock.sendmsg(*handed.message(data, descriptors))
        await asyncio.get_running_loop().sock_sendall(sock, data)


async def _line(sock: socket.socket, home: Path, cell: str) -> bytes:
    """Return the next line. Raises what it means that none comes."""
    data = b""
    while not data.endswith(b"\n"):
        try:
            part = await asyncio.get_running_loop().sock_recv(sock, _LONGEST_ANSWER)
        except ConnectionError:
            part = b""
        if not part:
            over = await asyncio.to_thread(_gone, home, cell)
            living = await asyncio.to_thread(named_socket.connect, socket_of(home, cell))
            if living is not None:
                living.close()
                raise ProcessLost(f"{cell} gave no answer", f"Ask as its owner: {_REFUSED}.")
            raise over
        data += part
    return data


def _forward(sock: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # the call is over, its answer is on the way
        sock.send(json.dumps({"signal": number}).encode() + b"\n")
