"""The supervisor's end of a cell: orders go out to init and notifier, words come in, both on the running event loop.

The door has a line of its own (:mod:`vigiles.cell.door_line`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vigiles.cell import wire
from vigiles.cell.door.messages import Entrusted
from vigiles.cell.door_line import DoorLine
from vigiles.cell.groups import CellGroups
from vigiles.cell.messages import (
    CallOver,
    CellFailed,
    CellUp,
    Exited,
    FromInit,
    Halt,
    Launch,
    LaunchFailed,
    Made,
    Signal,
    Started,
    Tag,
    from_init,
    from_notifier,
)
from vigiles.cell.outbox import Outbox
from vigiles.cell.rooms import Rooms
from vigiles.cell.spec import CallSpec, CellSpec
from vigiles.model.errors import ControlUnavailable, ProcessLost
from vigiles.model.response import FlowSnapshot
from vigiles.model.union import Recorded

_START_S = 20.0
_DEATH_S = 10.0
#: How long the notifier may take to tell what it still holds when everything inside is dead.
_LAST_WORDS_S = 3.0
#: Messages taken in one go from a notifier, up to some 64 words each: a cell that never falls silent must not keep the loop
#: from the other cells.
_NOTIFIER_TURN = 4


class Watcher:
    """What a cell's owner wants to hear. Every method is called on the event loop."""

    def observed(self, record: Recorded) -> None:
        """A notifier or door saw something."""

    def tagged(self, call: int, uts: int) -> None:
        """A call's first process stands behind its walls and carries this UTS tag."""

    def grouped(self, call: int, group: int) -> None:
        """A call has a control group, known to the kernel by this number; nothing runs in it yet."""

    def reaped(self, word: Exited) -> None:
        """A process of the cell ended."""

    def over(self, call: int) -> None:
        """The last process under the call's listener is gone."""

    def lost(self, which: str) -> None:
        """One of the cell's own processes is gone without having been told to."""


@dataclass
class Running:
    """A call's first process: its pid inside, its terminal's master (-1: none), and how it ends."""

    call: int
    pid: int
    master: int
    ended: asyncio.Future[Exited]


@dataclass
class Cell:
    """A living cell. Made by :meth:`Launcher.make`."""

    spec: CellSpec
    made: Made
    watcher: Watcher
    init: socket.socket
    notifier: socket.socket
    door: socket.socket | None
    groups: CellGroups | None = None
    landlock_abi: int = 0
    requests: socket.socket | None = None
    upper: int = -1
    dead: bool = False
    _starting: dict[int, asyncio.Future[Running]] = field(default_factory=dict)
    _running: dict[int, Running] = field(default_factory=dict)
    _up: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _silent: asyncio.Event = field(default_factory=asyncio.Event)
    _to_init: Outbox = field(init=False)
    _to_notifier: Outbox = field(init=False)
    _line: DoorLine | None = None
    _rooms: Rooms | None = None
    _pidfds: dict[int, int] = field(default_factory=dict)

    def watch(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        for pid in (self.made.init, self.made.notifier):
            with contextlib.suppress(ProcessLookupError):
                self._pidfds[pid] = os.pidfd_open(pid)  # a number may be another's by the time of the end
        for sock, reader in ((self.init, self._from_init), (self.notifier, self._from_notifier)):
            sock.setblocking(False)
            loop.add_reader(sock, reader)
        self._to_init, self._to_notifier = Outbox(self.init), Outbox(self.notifier)
        if self.groups is not None:
            self._rooms = Rooms(self.groups, self._to_init.send)
        if self.door is not None:
            self._line = DoorLine(self.door, self._seen, lambda: self._gone("door"))

    @property
    def silent(self) -> bool:
        """Whether the notifier has told everything and ended."""
        return self._silent.is_set()

    async def ready(self) -> None:
        """Return when the cell stands. Raises :class:`ControlUnavailable` or :class:`ProcessLost`."""
        try:
            async with asyncio.timeout(_START_S):
                await self._up
        except TimeoutError as error:
            raise ProcessLost(f"the cell did not stand in {_START_S:.0f} s", "see how busy this machine is") from error
        if self._rooms is not None:
            self._rooms.ahead()

    async def launch(self, call: CallSpec, descriptors: list[int]) -> Running:
        """Start a call's first process with these 0, 1, 2. Raises :class:`ControlUnavailable`, :class:`ProcessLost`."""
        if self.dead:
            raise ProcessLost("the cell has ended", "open another episode")
        try:
            if self._rooms is None:
                self._to_init.send(Launch(call=call), descriptors)
            else:
                self._rooms.launch(call, descriptors, self.watcher.grouped)
        except OSError as error:
            raise ProcessLost("the cell's init takes no order", "open another episode") from error
        future: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
        self._starting[call.call] = future
        return await future

    def signal(self, number: int, call: int | None = None, *, group: bool = False) -> None:
        """Signal a call's first process, its group, or (None) everything in the cell but init, before what else waits.

        A signal to one call is lost where thousands of orders wait: somebody inside floods us.
        """
        if not self.dead:
            with contextlib.suppress(OSError):
                self._to_init.send(Signal(signal=number, call=call, group=group), urgent=call is None)

    def halt(self, on: bool, call: int | None = None) -> None:
        """Have the notifier refuse every connect that leaves the cell."""
        if not self.dead:
            with contextlib.suppress(OSError):
                self._to_notifier.send(Halt(on=on, call=call), urgent=True)

    async def cut(self, call: int | None = None) -> int:
        """Close the flows of ``call`` (None: all) and refuse new ones; return how many were closed."""
        self.halt(True, call)
        return 0 if self._line is None else await self._line.cut(call)

    async def uncut(self, call: int | None = None) -> None:
        """Undo a cut."""
        self.halt(False, call)
        if self._line is not None:
            await self._line.allow(call)

    async def flows(self) -> list[FlowSnapshot]:
        """Return the flows that are open now."""
        return [] if self._line is None else await self._line.flows()

    def kill(self) -> None:
        """End the cell and everything in it, now; the kernel does the rest when init is gone."""
        self.dead = True
        bare = self.spec.tier == "U-"  # no kernel kills for its init: it is asked to, and its notifier sees that it does
        for pid in (self.made.init,) if bare else (self.made.init, self.made.notifier):
            self._end(pid)
        self.close()

    async def kill_inside(self) -> None:
        """Kill init, and return when the kernel has killed everything inside with it; what the cell left can still be read.

        Raises :class:`ProcessLost` if something inside cannot be killed.
        """
        watched = self._pidfds.get(self.made.init)
        if watched is None:
            return
        loop = asyncio.get_running_loop()
        gone: asyncio.Future[None] = loop.create_future()
        loop.add_reader(watched, lambda: None if gone.done() else gone.set_result(None))
        try:
            self._end(self.made.init)
            async with asyncio.timeout(_DEATH_S):
                await gone
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORDS_S):
                    await self._silent.wait()
        except TimeoutError:
            raise ProcessLost("something in the cell cannot be killed", "look for processes in state D") from None
        finally:
            if self._pidfds:  # else closed meanwhile, and the number may be another's
                loop.remove_reader(watched)

    def _end(self, pid: int) -> None:
        """Send one of the cell's own processes its end; nothing happens where it has ended."""
        if pid in self._pidfds:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfds[pid], signal.SIGTERM if self.spec.tier == "U-" else signal.SIGKILL)

    async def entrust(self, credentials: list[Entrusted], salt: bytes) -> None:
        """Have the door hold credentials. Raises :class:`ProcessLost`, TimeoutError."""
        if self._line is None:
            raise ProcessLost("there is no door", "open another episode")
        await self._line.entrust(credentials, salt)

    async def shut_door(self) -> None:
        """Let the door send its last records and end."""
        if self._line is not None and not self.dead:
            with contextlib.suppress(TimeoutError, ProcessLost):
                await self._line.shut()

    def close(self) -> None:
        """Stop listening and close every descriptor."""
        self.dead = True
        loop = asyncio.get_running_loop()
        for sock, outbox in ((self.init, self._to_init), (self.notifier, self._to_notifier)):
            if sock.fileno() >= 0:
                outbox.close()
                loop.remove_reader(sock)
                sock.close()
        if self._rooms is not None:
            self._rooms.close()
        if self._line is not None:
            self._line.close()
        if self.requests is not None and self.requests.fileno() >= 0:
            loop.remove_reader(self.requests)
            self.requests.close()
        for fd in self._pidfds.values():
            loop.remove_reader(fd)
            os.close(fd)
        self._pidfds.clear()
        if self.upper >= 0:
            os.close(self.upper)
            self.upper = -1
        self._fail_all()

    def _fail_all(self) -> None:
        error = ProcessLost("the cell has ended", "open another episode")
        running = [running.ended for running in self._running.values()]
        pending: list[asyncio.Future[Any]] = [*self._starting.values(), *running, self._up]
        for future in pending:
            if not future.done():
                future.set_exception(error)
                future.exception()  # nobody may be waiting any more
        self._starting.clear()
        self._running.clear()

    def _gone(self, which: str) -> None:
        if self.dead:
            return
        loop = asyncio.get_running_loop()
        if which == "init":
            loop.remove_reader(self.init)
            self._to_init.close()
            self._fail_all()
        elif which == "notifier":
            loop.remove_reader(self.notifier)
            self._to_notifier.close()
            self._silent.set()
        self.watcher.lost(which)

    def _from_init(self) -> None:
        while not self.dead:
            try:
                word, descriptors = wire.receive(self.init, from_init)
            except BlockingIOError:
                return
            except (OSError, msgspec.MsgspecError):
                self._gone("init")
                return
            self._word(word, descriptors)

    def _word(self, word: FromInit, descriptors: list[int]) -> None:
        if isinstance(word, CellUp):
            self.landlock_abi = word.landlock_abi
            if word.overlay:
                self.upper = descriptors.pop(0)
            if descriptors:
                self.requests = socket.socket(fileno=descriptors[0])
                self.requests.setblocking(False)
            if not self._up.done():
                self._up.set_result(None)
        elif isinstance(word, CellFailed):
            if not self._up.done():
                self._up.set_exception(ControlUnavailable(word.control, word.error, word.remedy))
        elif isinstance(word, Started):
            ended: asyncio.Future[Exited] = asyncio.get_running_loop().create_future()
            running = Running(word.call, word.pid, descriptors[0] if descriptors else -1, ended)
            self._running[word.call] = running
            waiting = self._starting.pop(word.call, None)
            if waiting is None or waiting.done():  # whoever asked for it has gone
                for fd in descriptors:
                    os.close(fd)
                self.signal(signal.SIGKILL, word.call, group=True)
            else:
                waiting.set_result(running)
        elif isinstance(word, LaunchFailed):
            error = ControlUnavailable(word.control, word.error, "end other processes of this episode, or raise its limits")
            waiting = self._starting.pop(word.call, None)
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)
        else:
            first = self._running.pop(word.call, None) if word.call is not None else None
            self.watcher.reaped(word)
            if first is not None and not first.ended.done():
                first.ended.set_result(word)

    def _from_notifier(self) -> None:
        for _ in range(_NOTIFIER_TURN):
            if self.dead:
                return
            try:
                words, _ = wire.receive(self.notifier, from_notifier)
            except BlockingIOError:
                return
            except (OSError, msgspec.MsgspecError):
                self._gone("notifier")
                return
            for word in words:
                if isinstance(word, Tag):
                    self.watcher.tagged(word.call, word.uts)
                elif isinstance(word, CallOver):
                    self.watcher.over(word.call)
                else:
                    self._seen(word)

    def _seen(self, record: Recorded) -> None:
        """Pass a record on. One that cannot be taken is no reason to lose those that came with it, but the cell's end."""
        try:
            self.watcher.observed(record)
        except Exception as error:
            fault = {"message": "an observation could not be taken", "exception": error}
            asyncio.get_running_loop().call_exception_handler(fault)
            self.watcher.lost("watch")
