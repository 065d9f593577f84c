"""A door in the network namespace of a container that runs already: sockets there, a process here, and the kernel between.

First the sockets and the door's process, then, in one step, the tables that lead the container to it and drop all else. From
then on there is no moment without the tables until :meth:`AttachedDoor.lift`: when the door dies, or we do, they stay.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

from vigiles.cell import door_alone, listeners
from vigiles.cell.container import Container
from vigiles.cell.door.callers import plain_address
from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.messages import MAX_MESSAGE, ItIs, WhoIs, decode_to_notifier, encode
from vigiles.cell.door_line import DoorLine
from vigiles.kernel import netspace, redirection, sockdiag
from vigiles.model.errors import ControlUnavailable, InputInvalid, ProcessLost
from vigiles.model.union import Recorded
from vigiles.runtime.attach.watch import CALL

#: One file for each namespace that has a door; whoever holds its lock is the one who leads that namespace.
_LOCKS = Path("/run/vigiles/attached")
_START_S, _END_S = 20.0, 5.0
_QUESTIONS = 64
_ANYWHERE = ("0.0.0.0", "::")


class AttachedDoor:
    """One container's door. Made by :meth:`open`; ``line`` takes orders."""

    def __init__(self, container: Container, space: int, lock: int, link: socket.socket) -> None:
        self._container = container
        self._space = space
        self._lock = lock
        self._link = link
        self._groups = container.groups()
        self._asked: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._line: DoorLine | None = None
        self._ports = redirection.Ports(0, 0, 0, 0)
        self._devices: list[str] | None = None

    @property
    def line(self) -> DoorLine:
        """The line to the door."""
        assert self._line is not None
        return self._line

    @classmethod
    async def open(
        cls, container: Container, config: DoorConfig, observed: Callable[[Recorded], None], gone: Callable[[], None]
    ) -> AttachedDoor:
        """Put the container behind a door. ``observed`` hears its records, ``gone`` that it has ended by itself.

        Raises :class:`ControlUnavailable` where it cannot be kept behind one, :class:`InputInvalid` where it already is, by
        another who lives. Nothing is changed then.
        """
        space = container.network()
        lock = -1
        try:
            lock = lock_of(space)
            link = netspace.inside(space, sockdiag.open_link)
        except BaseException:
            os.close(space)
            if lock >= 0:
                os.close(lock)
            raise
        door = cls(container, space, lock, link)
        try:
            await door._open(config, observed, gone)
        except OSError as error:
            await door.close()
            raise ControlUnavailable(
                "door",
                str(error) or "it did not serve in time",
                "use Linux 5.16 or later with nftables and its nat; `nft list tables` shows whether it is there",
            ) from error
        except BaseException:
            await door.close()
            raise
        return door

    async def _open(self, config: DoorConfig, observed: Callable[[Recorded], None], gone: Callable[[], None]) -> None:
        sockets = netspace.inside(self._space, lambda: listeners.make(anywhere=True))
        try:
            control, self._asked, self._process = await door_alone.start(config, sockets)
            serves: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

            def lost() -> None:
                told(False)
                gone()

            def told(well: bool = True) -> None:
                if not serves.done():
                    serves.set_result(well)

            self._line = DoorLine(control, observed, lost, told)
            self._asked.setblocking(False)
            asyncio.get_running_loop().add_reader(self._asked, self._questions)
            async with asyncio.timeout(_START_S):
                if not await serves:
                    raise ProcessLost("the door ended before it served", "see its message above")
            _, dns_udp, dns_tcp, _, four, *six = (int(sock.getsockname()[1]) for sock in sockets)
            # Without IPv6 there is nobody to lead, and nobody at that port.
            self._ports = redirection.Ports(four, six[0] if six else four, dns_udp, dns_tcp)
            self.refresh()
        finally:
            for sock in sockets:
                sock.close()

    def refresh(self) -> None:
        """Lead the container to the door, if it is not yet, or has come by another device since. Raises OSError."""
        netspace.inside(self._space, self._lead)

    def _lead(self) -> None:
        devices = netspace.devices()
        if devices != self._devices:
            redirection.lead(self._ports, devices)
            self._devices = devices

    def may_send_raw(self) -> bool:
        """Say whether somebody in the container can make packets by himself."""
        return self._container.may_send_raw(self._space)

    def lift(self) -> None:
        """Let the container have its network again as it was. Raises OSError."""
        netspace.inside(self._space, redirection.lift)

    async def close(self) -> None:
        """End the door's process; the tables stay as they are."""
        if self._asked is not None:
            asyncio.get_running_loop().remove_reader(self._asked)
            self._asked.close()
            self._asked = None
        if self._line is not None:
            with contextlib.suppress(TimeoutError, ProcessLost):
                await self._line.shut()
            self._line.close()
        if self._process is not None:
            try:
                async with asyncio.timeout(_END_S):
                    await self._process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
            self._process = None
        self._link.close()
        unlock(self._space, self._lock)
        os.close(self._space)

    def _questions(self) -> None:
        """Answer the door: is this the container's connection?"""
        for _ in range(_QUESTIONS):
            if self._asked is None:
                return
            try:
                data = self._asked.recv(MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                asyncio.get_running_loop().remove_reader(self._asked)
                return
            try:
                word = decode_to_notifier(data)
            except msgspec.DecodeError:
                continue
            if isinstance(word, WhoIs):
                with contextlib.suppress(OSError):  # not heard, it is not known, and refused
                    self._asked.send(encode(self._answer(word)))

    def _answer(self, asked: WhoIs) -> ItIs:
        """Say that it is the one call, if all sockets that it can be were made in the container's groups."""
        try:
            near = plain_address(asked.source_address)
            candidates = [
                found
                for found in sockdiag.at_port(self._link, asked.transport, asked.source_port)
                if found.local[0] in (near, *_ANYWHERE) and found.group
            ]
            if any(found.group not in self._groups for found in candidates):
                self._groups = self._container.groups()
        except OSError:
            return ItIs(token=asked.token)
        if not candidates or any(found.group not in self._groups for found in candidates):
            return ItIs(token=asked.token)
        return ItIs(token=asked.token, call=CALL, methods=["cgroup"])


def lock_of(space: int) -> int:
    """Return the held lock of a network namespace. Raises :class:`InputInvalid` if somebody else holds it, OSError."""
    _LOCKS.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _lock_path(space)
    _sweep(path)
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.exists(path) and os.stat(path).st_ino == os.fstat(lock).st_ino:
                return lock
        except BlockingIOError as error:
            os.close(lock)
            raise InputInvalid(
                "another `vigiles attach` holds the door of this container",
                "End that one first: vigiles stop, or Ctrl-C there.",
            ) from error
        os.close(lock)  # whoever had it took the file away between our two steps


def _sweep(ours: Path) -> None:
    """Remove the locks that killed ones have left."""
    for path in _LOCKS.iterdir():
        if path != ours:
            with contextlib.suppress(OSError):
                lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                finally:
                    os.close(lock)


def unlock(space: int, lock: int) -> None:
    """Let a lock go, and leave no file."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_lock_path(space))
    os.close(lock)


def _lock_path(space: int) -> Path:
    return _LOCKS / f"{os.fstat(space).st_ino}.lock"


def lift(container: Container) -> bool:
    """Take away a door that a dead Vigiles has left before a container; return whether there was one.

    Raises :class:`InputInvalid` if it is not dead, :class:`ControlUnavailable` without a namespace that can be found.
    """
    seen: dict[int, int] = {}
    for pid in container.processes():
        with contextlib.suppress(OSError):
            seen.setdefault(netspace.identity(pid), pid)
    seen.pop(netspace.identity(), None)
    lifted = False
    for pid in seen.values():
        try:
            space = netspace.open_of(pid)
        except OSError:
            continue
        try:
            lock = lock_of(space)
            try:
                lifted |= netspace.inside(space, redirection.lift)
            finally:
                unlock(space, lock)
        except OSError as error:
            raise ControlUnavailable("door", str(error), "see `nft list ruleset` in the container's namespace") from error
        finally:
            os.close(space)
    return lifted
