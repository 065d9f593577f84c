"""The supervisor's side of the shell shim: each shell an agent starts becomes a call of the same cell.

A request comes from inside the cell, so it is only data: the kernel says who asks (SO_PEERCRED, then the UTS tag), the gate
judges it like any other act, and the new call gets the descriptors that came with it.
"""

from __future__ import annotations

import array
import asyncio
import json
import os
import signal
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from vigiles.model.act import ProcessSpec
from vigiles.model.errors import VigilesError
from vigiles.model.plain import text
from vigiles.model.reason import agent_text
from vigiles.runtime import process_call

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

_LARGEST = 8 << 20
_REFUSED_CODE = 126
_HEADER = 4
#: What a terminal would have sent to the shell's whole process group.
_TO_GROUP = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGWINCH)


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the shim asks for."""

    argv: list[str]
    cwd: str
    environment: dict[str, str]
    umask: int


@dataclass
class ShimServer:
    """Serves the shim's socket of one episode. ``agents``: the calls that are agents, whose shells are the shim."""

    episode: Episode
    agents: set[int]
    calls: int = 0

    def start(self) -> None:
        """Begin to accept."""
        assert self.episode.cell is not None
        assert self.episode.cell.requests is not None
        self._socket = self.episode.cell.requests
        asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        try:
            peer, _ = self._socket.accept()
        except OSError:
            return
        peer.setblocking(False)
        self.episode.watch.keep(asyncio.ensure_future(self._serve(peer)))

    async def _serve(self, peer: socket.socket) -> None:
        descriptors: list[int] = []
        try:
            asker = self._asker(peer)
            request = await self._request(peer, descriptors)
            if asker not in self.agents or self._asker(peer) != asker:
                # A call's own processes know no shim; one that asks wants its acts to be another call's.
                reply: dict[str, Any] = {"error": agent_text("rule_forbids"), "code": _REFUSED_CODE}
            else:
                reply = await self._call(peer, request, descriptors)
            await asyncio.get_running_loop().sock_sendall(peer, json.dumps(reply).encode() + b"\n")
        except (OSError, msgspec.DecodeError, ValueError, VigilesError):
            pass  # whoever sent nonsense, or left, gets no answer and no call
        finally:
            for fd in descriptors:
                os.close(fd)
            peer.close()

    def _asker(self, peer: socket.socket) -> int | None:
        """Return the call that the process at the other end belongs to, by its UTS tag."""
        pid, _, _ = struct.unpack("iII", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return self.episode.watch.call_of(pid)

    async def _request(self, peer: socket.socket, descriptors: list[int]) -> Request:
        loop = asyncio.get_running_loop()
        await _readable(peer)
        header, ancillary, _, _ = peer.recvmsg(_HEADER, socket.CMSG_SPACE(3 * 4), socket.MSG_CMSG_CLOEXEC)
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                received = array.array("i")
                received.frombytes(payload[: len(payload) - len(payload) % received.itemsize])
                descriptors.extend(received)
        size = int.from_bytes(header, "big")
        if len(header) != _HEADER or len(descriptors) != 3 or size > _LARGEST:
            raise ValueError("not a shim's request")
        data = bytearray()
        while len(data) < size:
            part = await loop.sock_recv(peer, size - len(data))
            if not part:
                raise ValueError("the shim left")
            data += part
        return _as_given(msgspec.json.decode(bytes(data), type=Request))

    async def _call(self, peer: socket.socket, request: Request, descriptors: list[int]) -> dict[str, Any]:
        episode = self.episode
        spec = ProcessSpec(
            argv=[text(word) for word in request.argv],
            cwd=text(request.cwd),
            environment=sorted(text(name) for name in request.environment),
            via="shim",
        )
        act, verdict = await episode.admit("process", text(request.argv[0]), {}, None, spec)
        if verdict.decision not in ("allow", "modify") or episode.cell is None:
            episode.refused(act, verdict)
            return {"error": agent_text(verdict.reason), "code": _REFUSED_CODE}
        self.calls += 1
        number = process_call.number_of(act)
        running = await process_call.launch(
            episode,
            number,
            request.argv,
            descriptors,
            request.environment,
            cwd=request.cwd,
            umask=request.umask,
        )
        for fd in descriptors:
            os.close(fd)
        descriptors.clear()
        listening = asyncio.ensure_future(self._signals(peer, number))
        try:
            exited, late = await process_call.ended(episode, running, episode.profile.budgets.wall_seconds_call)
        finally:
            listening.cancel()
        result = await process_call.conclude(episode, act, exited, None, None, overdue="budget_wall" if late else None)
        return {"code": result.exit_code, "signal": result.signal or 0}

    async def _signals(self, peer: socket.socket, call: int) -> None:
        """Forward signals; when the shim is killed, its shell is killed as the shell in its place would have been."""
        loop = asyncio.get_running_loop()
        pending = b""
        while True:
            part = await loop.sock_recv(peer, 4096)
            if not part:
                break
            pending += part
            *lines, pending = pending.split(b"\n")
            for line in lines:
                number = json.loads(line).get("signal")
                if isinstance(number, int) and 0 < number < 65 and self.episode.cell is not None:
                    self.episode.cell.signal(number, call, group=number in _TO_GROUP)
        if self.episode.cell is not None:
            self.episode.cell.signal(signal.SIGKILL, call)


def _as_given(request: Request) -> Request:
    """Return the request with its strings as the file system's codec gives them; they came as one character a byte."""
    return Request(
        argv=[_text(word) for word in request.argv],
        cwd=_text(request.cwd),
        environment={_text(name): _text(value) for name, value in request.environment.items()},
        umask=request.umask,
    )


def _text(spelled: str) -> str:
    return os.fsdecode(spelled.encode("latin-1"))


async def _readable(sock: socket.socket) -> None:
    """Return when ``sock`` has something to read, so that the descriptors beside it can be taken with it."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, lambda: None if ready.done() else ready.set_result(None))
    try:
        async with asyncio.timeout(10):
            await ready
    finally:
        loop.remove_reader(sock)
