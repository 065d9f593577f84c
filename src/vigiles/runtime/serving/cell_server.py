"""The socket by which its owner has calls performed in a running cell, and closes it: one per episode below ``cells/``.

It lies in the state directory, which is closed to others and not visible in any cell. The kernel says who asks: only the uid
that the supervisor runs as, and no process of a cell. What is asked for passes the gate like any act of a harness; the call
gets the three descriptors that came with it, and its number is minted here.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from vigiles.model.act import ProcessSpec
from vigiles.model.errors import ControlUnavailable, ProcessLost, VigilesError
from vigiles.model.plain import text
from vigiles.model.reason import ReasonCode, agent_text
from vigiles.runtime import process_call
from vigiles.runtime.conclusion import concluded, number_of
from vigiles.runtime.outfitting import bare
from vigiles.runtime.serving import handed, named_socket
from vigiles.runtime.serving.followed import follow, pass_on

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

_LARGEST = 8 << 20
_AT_ONCE = 256
_REQUEST_S, _LEAVE_S, _ACCEPT_AGAIN_S = 10.0, 5.0, 0.1
_HARMLESS = (OSError, ValueError, ArithmeticError, RecursionError, msgspec.DecodeError, VigilesError)


class CellRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``call``: perform ``argv``, one character a byte, with ``environment`` beside the profile's. ``close``: end the cell
    in order. ``timeout`` in seconds.
    """

    order: Literal["call", "close"]
    argv: list[str] = []
    cwd: str | None = None
    environment: dict[str, str] = {}
    label: str | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None


class CellAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it went: ``code`` or ``signal`` of the call's first process; ``refused``: the gate's reason, with its constant
    sentence in ``said``; ``over``: the episode has ended; ``error``: what a call ended for, as in its result.
    """

    call: int | None = None
    code: int | None = None
    signal: int | None = None
    refused: ReasonCode | None = None
    said: str = ""
    over: str | None = None
    error: str | None = None
    closed: bool = False


def socket_of(home: Path, episode: str) -> Path:
    """Return where the socket of an episode lies."""
    return home / "cells" / f"{episode}.sock"


class CellServer:
    """Serves one episode. ``close_cell`` ends it in order, or at once where a run is not ours to end in order.

    ``calls`` counts those that were made.
    """

    def __init__(self, episode: Episode, close_cell: Callable[[], Awaitable[None]]) -> None:
        self._episode = episode
        self._close_cell = close_cell
        self._path = socket_of(episode.services.home, episode.coordinates.episode)
        self._listening: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[None]] = set()
        #: Those who have not asked for anything yet.
        self._silent: set[asyncio.Task[Any]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.calls = 0

    def open(self) -> None:
        """Begin to listen. Raises OSError."""
        self._listening = named_socket.listen(self._path, _AT_ONCE)
        self._listening.setblocking(False)
        self._accepting = asyncio.ensure_future(self._accept(self._listening))

    async def close(self) -> None:
        """Take no more, let those that wait hear how it ended, and remove the socket."""
        if self._listening is None or self._accepting is None:
            return
        listening, self._listening = self._listening, None
        self._path.unlink(missing_ok=True)
        self._accepting.cancel()
        await asyncio.wait([self._accepting])
        listening.close()
        for task in set(self._silent):
            task.cancel()
        if self._serving:
            await asyncio.wait(set(self._serving), timeout=_LEAVE_S)
        for task in set(self._serving):
            task.cancel()

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            await self._slots.acquire()
            try:
                peer, _ = await asyncio.get_running_loop().sock_accept(listening)
            except OSError:  # no descriptor left
                self._slots.release()
                await asyncio.sleep(_ACCEPT_AGAIN_S)
                continue
            task = asyncio.ensure_future(self._serve(peer))
            self._serving.add(task)
            self._silent.add(task)
            task.add_done_callback(self._serving.discard)
            task.add_done_callback(self._silent.discard)

    async def _serve(self, peer: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with peer, ExitStack() as held:
            held.callback(self._slots.release)
            try:
                peer.setblocking(False)
                if not self._may(peer):
                    return
                await loop.sock_sendall(peer, json.dumps(self._greeting()).encode() + b"\n")
                answer = await self._answer(peer, held)
                await loop.sock_sendall(peer, msgspec.json.encode(answer) + b"\n")
            except _HARMLESS:
                pass  # whoever sent nonsense, or left, gets no answer

    def _may(self, peer: socket.socket) -> bool:
        """Say whether whoever asks is the owner, and not a process of the cell under the owner's uid."""
        pid, uid = named_socket.peer(peer)
        return uid == os.geteuid() and self._episode.watch.call_of(pid) is None

    def _greeting(self) -> dict[str, Any]:
        """Return what an asker must know: whose a pipe has to be for the cell's processes to open it by name."""
        cell, where = self._episode.cell, self._episode.coordinates
        owner = [cell.spec.uid, cell.spec.gid] if cell is not None and cell.spec.host_root else None
        return {"run": where.run, "episode": where.episode, "owner": owner}

    async def _answer(self, peer: socket.socket, held: ExitStack) -> CellAnswer:
        async with asyncio.timeout(_REQUEST_S):
            size, descriptors = await handed.announced(peer, held)
            if size > _LARGEST or any(stat.S_ISDIR(os.fstat(fd).st_mode) for fd in descriptors):
                raise ValueError("not an owner's request")
            request = msgspec.json.decode(await handed.body(peer, size), type=CellRequest)
        task = asyncio.current_task()
        if task is not None:
            self._silent.discard(task)
        if request.order == "close":
            await self._close_cell()
            return CellAnswer(closed=True)
        if not request.argv:
            raise ValueError("a call without a program")
        return await self._call(peer, request, held, descriptors)

    async def _call(self, peer: socket.socket, request: CellRequest, held: ExitStack, descriptors: list[int]) -> CellAnswer:
        episode = self._episode
        argv, more = (
            handed.as_given(request.argv),
            dict(zip(handed.as_given(request.environment), handed.as_given(request.environment.values()), strict=True)),
        )
        cwd = None if request.cwd is None else handed.as_given([request.cwd])[0]
        spec = ProcessSpec(
            argv=[text(word) for word in argv],
            cwd=None if cwd is None else text(cwd),
            environment=sorted(text(name) for name in more),
        )
        tool = text(os.path.basename(argv[0])) or "process"
        act, verdict = await episode.admit("process", tool, {}, request.label, spec)
        number = number_of(act)
        if verdict.decision not in ("allow", "modify") or episode.cell is None:
            episode.refused(act, verdict)
            over = episode.ended_by or "closed" if verdict.reason == "episode_ended" else None
            return CellAnswer(call=number, refused=verdict.reason, said=agent_text(verdict.reason), over=over)
        self.calls += 1
        try:
            with concluded(episode, act):
                environment = bare.environment(episode.cell.spec, episode.environment(more))
                running = await process_call.launch(episode, number, argv, descriptors, environment, cwd=cwd)
        except (ControlUnavailable, ProcessLost):
            why = episode.shut or "budget_processes"
            return CellAnswer(call=number, refused=why, said=agent_text(why), over=self._over())
        held.close()
        limits = [one for one in (request.timeout, episode.profile.budgets.wall_seconds_call) if one is not None]
        with concluded(episode, act):
            following = asyncio.ensure_future(self._follow(peer, number))
            try:
                exited, late = await process_call.ended(episode, running, min(limits) if limits else None)
            finally:
                following.cancel()
            own = request.timeout is not None and min(limits) == request.timeout
            overdue = ("timeout" if own else "budget_wall") if late else None
            result = await process_call.conclude(episode, act, exited, None, None, overdue=overdue)
        return CellAnswer(call=number, code=result.exit_code, signal=result.signal, error=result.error, over=self._over())

    def _over(self) -> str | None:
        return None if self._episode.shut != "episode_ended" else self._episode.ended_by or "closed"

    async def _follow(self, peer: socket.socket, call: int) -> None:
        """Forward signals; when the asker is gone, nobody waits for its call any more, and it ends."""
        await follow(peer, lambda number: pass_on(self._episode, number, call, group=True))
        pass_on(self._episode, signal.SIGKILL, call, group=True)
