"""The supervisor's end of its launcher: cells are ordered, prepared, adopted, dropped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys

import msgspec

from vigiles.cell import authority, wire
from vigiles.cell.door.config import DoorConfig
from vigiles.cell.groups import CellGroups
from vigiles.cell.handle import Cell, Watcher
from vigiles.cell.messages import Adopt, Made, Make, NotMade, from_launcher
from vigiles.cell.spec import CellSpec
from vigiles.model.errors import ControlUnavailable, ProcessLost

#: What the fresh interpreter runs. -P: a module of the work directory must never be imported into a process of ours.
PROGRAM = ("-P", "-m", "vigiles.cell.launcher")
_START_S = 20.0


class Launcher:
    """The supervisor's end of its launcher process. One per process is enough for any number of cells."""

    def __init__(self, sock: socket.socket, process: asyncio.subprocess.Process) -> None:
        self._sock = sock
        self._process = process
        self._token = 0
        self._waiting: dict[int, asyncio.Future[tuple[Made | NotMade, list[int]]]] = {}
        sock.setblocking(False)
        asyncio.get_running_loop().add_reader(sock, self._word)

    @classmethod
    async def start(cls, groups: str = "") -> Launcher:
        """Start a launcher in a fresh interpreter. ``groups``: name of our control groups; it removes them at its end."""
        ours, theirs = wire.pair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *PROGRAM,
                str(theirs.fileno()),
                groups,
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                cwd="/",
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(ours, process)

    async def make(
        self, spec: CellSpec, config: DoorConfig | None, watcher: Watcher, groups: CellGroups | None = None
    ) -> Cell:
        """Make a cell, in ``groups`` that stand; without a work directory a prepared one, for :meth:`adopt`.

        Raises :class:`ControlUnavailable` with the control that failed, or :class:`ProcessLost`.
        """
        if config is not None and authority.terminates(config.egress):
            spec, config = _with_authority(spec, config)
        self._token += 1
        packed = msgspec.msgpack.encode(config) if config is not None else None
        homes = groups.homes() if groups is not None else None
        made, descriptors = await self._order(Make(token=self._token, spec=spec, door=packed, homes=homes))
        init, notifier, gate = (socket.socket(fileno=fd) for fd in descriptors)
        if not made.door:
            gate.close()
        cell = Cell(spec, made, watcher, init, notifier, gate if made.door else None, groups)
        cell.watch()
        try:
            if spec.workdir:
                await cell.ready()
        except BaseException:
            cell.kill()
            raise
        return cell

    async def adopt(self, cell: Cell, spec: CellSpec, watcher: Watcher) -> None:
        """Finish a prepared cell with the work directory of ``spec``. Raises as :meth:`make` does; the cell is lost then."""
        # Its door plays this authority already.
        spec = msgspec.structs.replace(spec, trust=cell.spec.trust)
        cell.spec, cell.watcher = spec, watcher
        try:
            await self._order(Adopt(token=cell.made.token, spec=spec))
            await cell.ready()
        except BaseException:
            cell.kill()
            raise

    async def _order(self, order: Make | Adopt) -> tuple[Made, list[int]]:
        future: asyncio.Future[tuple[Made | NotMade, list[int]]] = asyncio.get_running_loop().create_future()
        self._waiting[order.token] = future
        try:
            wire.send(self._sock, order)
        except OSError as error:
            raise ProcessLost("the launcher is gone", "start again") from error
        try:
            async with asyncio.timeout(_START_S):
                word, descriptors = await future
        except TimeoutError as error:
            raise ProcessLost(f"the launcher made no cell in {_START_S:.0f} s", "see how busy this machine is") from error
        if isinstance(word, NotMade):
            raise ControlUnavailable(word.control, word.error, word.remedy)
        return word, descriptors

    def drop(self, cell: Cell) -> None:
        """End a prepared cell that nobody has adopted."""
        cell.kill()
        with contextlib.suppress(OSError):
            wire.send(self._sock, Adopt(token=cell.made.token, spec=None))

    async def close(self) -> None:
        """End the launcher, and with it every cell that still lives."""
        self._lost()
        self._sock.close()
        await self._process.wait()

    def _word(self) -> None:
        while True:
            try:
                word, descriptors = wire.receive(self._sock, from_launcher)
            except BlockingIOError:
                return
            except (wire.Closed, OSError):
                self._lost()
                return
            waiting = self._waiting.pop(word.token, None)
            if waiting is not None and not waiting.done():
                waiting.set_result((word, descriptors))
            elif descriptors and isinstance(word, Made):
                _end(word, descriptors)

    def _lost(self) -> None:
        """Hear no more; whoever waits for a cell gets none."""
        asyncio.get_running_loop().remove_reader(self._sock)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ProcessLost("the launcher has ended", "start again; see its message above, if any"))
        self._waiting.clear()


def _with_authority(spec: CellSpec, config: DoorConfig) -> tuple[CellSpec, DoorConfig]:
    """Return a cell and its door with an authority of their own: to the cell its certificate, to the door the key."""
    made = authority.mint()
    return (
        msgspec.structs.replace(spec, trust=authority.trust_in(made)),
        msgspec.structs.replace(config, authority=made),
    )


def _end(made: Made, descriptors: list[int]) -> None:
    """End a cell that nobody waits for any more."""
    for fd in descriptors:
        os.close(fd)
    for pid in (made.init, made.notifier):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
