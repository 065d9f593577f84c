"""The supervisor's side of the shell shim: each shell an agent starts becomes a call of the same cell.

A request comes from inside the cell, so it is only data: the kernel says who asks (SO_PEERCRED, then the UTS tag) before a
byte is read, the gate judges it like any other act, and the new call gets the descriptors that came with it.
"""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from vigiles.model.act import ProcessSpec
from vigiles.model.errors import ControlUnavailable, ProcessLost, VigilesError
from vigiles.model.plain import text
from vigiles.model.reason import agent_text
from vigiles.runtime import process_call
from vigiles.runtime.conclusion import concluded, number_of
from vigiles.runtime.serving import handed, named_socket
from vigiles.runtime.serving.followed import follow, pass_on

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

_LARGEST = 8 << 20
#: Requests of more bytes are read a few at a time, so that many of them cannot fill the memory.
_LARGE, _LARGE_AT_ONCE = 1 << 20, 4
#: Requests from their connection until their descriptors are handed on; further connections wait in the kernel's queue.
_AT_ONCE = 64
_REQUEST_S = 5.0
_ACCEPT_AGAIN_S = 0.1
_REFUSED_CODE = 126
#: What a terminal would have sent to the shell's whole process group.
_TO_GROUP = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
#: What a hostile request or a cell that is going away can raise; none of it is anybody's but the asker's.
_HARMLESS = (OSError, ValueError, ArithmeticError, RecursionError, msgspec.DecodeError, VigilesError)


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the shim asks for. ``leader``: the shim leads a process group of its own."""

    argv: Annotated[list[str], msgspec.Meta(min_length=1)]
    cwd: str
    environment: dict[str, str]
    umask: Annotated[int, msgspec.Meta(ge=0, le=0o777)]
    leader: bool = False


@dataclass
class ShimServer:
    """Serves the shim's socket of one episode.

    ``agents``: the calls that are agents, whose shells are the shim, and the pid (inside) of each one's first process, as
    soon as it is known. ``calls`` counts those that were made for shells.
    """

    episode: Episode
    agents: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    calls: int = 0
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LARGE_AT_ONCE))
    _living: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_living_at_once()))

    def start(self) -> None:
        """Begin to accept."""
        assert self.episode.cell is not None
        assert self.episode.cell.requests is not None
        self.episode.watch.keep(asyncio.ensure_future(self._accept(self.episode.cell.requests)))

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while listening.fileno() >= 0:
            await self._slots.acquire()
            try:
                peer, _ = await loop.sock_accept(listening)
            except (OSError, ValueError):  # no descriptor left, or the cell closed the socket just now
                self._slots.release()
                await asyncio.sleep(_ACCEPT_AGAIN_S)
                continue
            self.episode.watch.keep(asyncio.ensure_future(self._serve(peer)))

    async def _serve(self, peer: socket.socket) -> None:
        with peer, ExitStack() as held:
            held.callback(self._slots.release)
            try:
                reply = await self._answer(peer, held)
                await asyncio.get_running_loop().sock_sendall(peer, json.dumps(reply).encode() + b"\n")
            except _HARMLESS:
                pass  # whoever sent nonsense, or left, gets no answer

    async def _answer(self, peer: socket.socket, held: ExitStack) -> dict[str, Any]:
        # A call's own processes know no shim; one that asks wants its acts to be another call's.
        refusal = {"error": agent_text("rule_forbids"), "code": _REFUSED_CODE}
        asker = self._asker(peer)
        if asker is None or asker not in self.agents:
            return refusal
        descriptors: list[int] = []
        async with asyncio.timeout(_REQUEST_S):
            request = await self._request(peer, held, descriptors)
            root = await asyncio.shield(self.agents[asker])
        if self._asker(peer) != asker:
            return refusal
        if _inner_pid(named_socket.peer(peer)[0]) == root:
            return {"exec": True}  # the agent became a shell in its own place: still the same process, so the same call
        async with self._living:
            return await self._call(peer, request, held, descriptors)

    def _asker(self, peer: socket.socket) -> int | None:
        """Return the call that the process at the other end belongs to, by its UTS tag."""
        return self.episode.watch.call_of(named_socket.peer(peer)[0])

    async def _request(self, peer: socket.socket, held: ExitStack, descriptors: list[int]) -> Request:
        size, received = await handed.announced(peer, held)
        if size > _LARGEST:
            raise ValueError("not a shim's request")
        descriptors.extend(received)
        if size <= _LARGE:
            return await self._body(peer, size)
        async with self._large:
            return await self._body(peer, size)

    async def _body(self, peer: socket.socket, size: int) -> Request:
        return _as_given(msgspec.json.decode(await handed.body(peer, size), type=Request))

    async def _call(self, peer: socket.socket, request: Request, held: ExitStack, descriptors: list[int]) -> dict[str, Any]:
        episode = self.episode
        spec = ProcessSpec(
            argv=[text(word) for word in request.argv],
            cwd=text(request.cwd),
            environment=sorted(text(name) for name in request.environment),
            via="shim",
        )
        act, verdict = await episode.admit("process", text(request.argv[0]) or "process", {}, None, spec)
        if verdict.decision not in ("allow", "modify") or episode.cell is None:
            episode.refused(act, verdict)
            return {"error": agent_text(verdict.reason), "code": _REFUSED_CODE}
        self.calls += 1
        number = number_of(act)
        try:
            with concluded(episode, act):
                running = await process_call.launch(
                    episode,
                    number,
                    request.argv,
                    descriptors,
                    request.environment,
                    cwd=request.cwd,
                    umask=request.umask,
                )
        except (ControlUnavailable, ProcessLost):
            return {"error": agent_text(episode.shut or "budget_processes"), "code": _REFUSED_CODE}
        held.close()
        with concluded(episode, act):
            listening = asyncio.ensure_future(self._signals(peer, number, killed_whole=request.leader))
            try:
                exited, late = await process_call.ended(episode, running, episode.profile.budgets.wall_seconds_call)
            finally:
                listening.cancel()
            overdue = "budget_wall" if late else None
            result = await process_call.conclude(episode, act, exited, None, None, overdue=overdue)
        return {"code": result.exit_code, "signal": result.signal or 0}

    async def _signals(self, peer: socket.socket, call: int, *, killed_whole: bool) -> None:
        """Forward signals; when the shim is killed, its shell is killed as the shell in its place would have been.

        Whether the kill was meant for it or for its group cannot be seen from a death. Who starts a shell as the leader of
        a group does so to end the group (``killed_whole``), and would wait for the rest of it otherwise.
        """
        await follow(peer, lambda number: self.forward(number, call))
        self.forward(signal.SIGKILL, call, group=killed_whole)

    def forward(self, number: int, call: int, *, group: bool = False) -> None:
        """Pass a signal on to a call, unless the episode is frozen or over: then nothing from inside may stir anything."""
        pass_on(self.episode, number, call, group=group or number in _TO_GROUP)


def _living_at_once() -> int:
    """Return how many shells may be connected at once: half of the descriptors that this process may have."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2


def _inner_pid(pid: int) -> int | None:
    """Return the pid that a process has in its own pid namespace: the last number of NSpid, proc(5). None if it is gone."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            for line in file:
                if line.startswith(b"NSpid:"):
                    return int(line.split()[-1])
    except OSError:
        pass
    return None


def _as_given(request: Request) -> Request:
    """Return the request with its strings as the file system's codec gives them; they came as one character a byte.

    Raises ValueError for a string that no process could have been started with. A name that only exec(2) would take, and
    no library's getenv would find, is left out.
    """
    named = {name: value for name, value in request.environment.items() if name and "=" not in name}
    left = [value for name, value in request.environment.items() if name not in named]
    handed.as_given([*request.environment, *left])
    return Request(
        argv=handed.as_given(request.argv),
        cwd=handed.as_given([request.cwd])[0],
        environment=dict(zip(handed.as_given(named), handed.as_given(named.values()), strict=True)),
        umask=request.umask,
        leader=request.leader,
    )
