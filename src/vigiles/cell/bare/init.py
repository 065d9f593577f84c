"""Init of a cell in tier U-: starts a keeper for each call, and kills everything when its supervisor is gone.

It is no process 1, but a subreaper, and so is each keeper below it and the notifier above it: whichever of them is killed,
the next one finds the orphans and kills them. A workload can reach none of them: they stand outside every Landlock domain,
whose scope keeps its signals in, and they are not dumpable.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import shutil
import signal
import socket
from functools import partial
from typing import NoReturn

import msgspec

from vigiles.cell import call, children, planting, trust, wire
from vigiles.cell.bare import filter, keeper, places
from vigiles.cell.forked import never_returning
from vigiles.cell.messages import CellUp, Enter, Exited, Launch, LaunchFailed, Signal, Started, from_init
from vigiles.cell.spec import CellSpec
from vigiles.cell.supervised import Supervised, failure
from vigiles.kernel import landlock, privileges, subreaper

#: Landlock keeps signals in from here on. Below, a workload could kill whatever its user runs, us included.
LEAST_ABI = 6


class _Kept(msgspec.Struct):
    """One call: its keeper and our end of its socket; ``told``: that its first process has ended was passed on."""

    call: int
    pid: int
    sock: socket.socket
    master: int = -1
    started: bool = False
    told: bool = False


class BareInit(Supervised):
    """State of a running init."""

    def __init__(self, cell: CellSpec, supervisor: socket.socket, notifier: socket.socket, walls: call.Walls) -> None:
        super().__init__(cell, supervisor, notifier, walls)
        self._kept: dict[int, _Kept] = {}
        self._selector = selectors.PollSelector()

    def serve(self) -> NoReturn:
        """Serve until the supervisor's socket closes or SIGTERM comes; then kill everything and end."""
        reader = children.woken(signal.SIGTERM)
        for source in (self._supervisor, reader):
            self._selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._supervisor:
                    self._order()
                elif isinstance(key.data, _Kept):
                    self._from_keeper(key.data)
                elif signal.SIGTERM in os.read(reader, 4096):
                    self._end()
            self._reap()

    def _launch(self, order: Launch, descriptors: list[int]) -> None:
        master, inner = os.openpty() if order.call.terminal else (-1, -1)
        given = [inner, os.dup(inner), descriptors[0] if descriptors else os.dup(inner)] if inner >= 0 else descriptors
        ours, theirs = wire.pair()
        try:
            pid = os.fork()
        except OSError as error:
            self._not_started(order, "fork", str(error))
            ours.close()
        else:
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                for sock in (self._supervisor, ours, *(kept.sock for kept in self._kept.values())):
                    sock.close()
                if master >= 0:
                    os.close(master)
                never_returning(partial(keeper.run, order, self._walls, given, theirs, self._notifier))
            kept = self._kept[pid] = _Kept(order.call.call, pid, ours, master)
            self._selector.register(ours, selectors.EVENT_READ, kept)
        theirs.close()
        if inner >= 0:
            for fd in given:
                if fd not in descriptors:
                    os.close(fd)

    def _signal(self, order: Signal) -> None:
        for kept in self._kept.values():
            if order.call in (None, kept.call):
                try:
                    wire.send(kept.sock, order)
                except OSError:
                    pass  # it has ended

    def _enter(self, order: Enter, entrances: list[int]) -> None:
        """Nobody waits here for a call to come, and calls have no control groups."""

    def _from_keeper(self, kept: _Kept) -> None:
        try:
            word, _ = wire.receive(kept.sock, from_init)
        except (wire.Closed, OSError):
            self._selector.unregister(kept.sock)
            return  # it is about to be waited for
        if isinstance(word, Started):
            kept.started = True
            self._tell(word, [kept.master] if kept.master >= 0 else None)
            if kept.master >= 0:
                os.close(kept.master)
                kept.master = -1
        elif isinstance(word, Exited):
            kept.told = kept.told or word.call is not None
            self._tell(word)

    def _reap(self) -> None:
        for child in children.ended():
            kept = self._kept.pop(child.pid, None)
            if kept is None:
                continue
            self._hear_out(kept)
            if not kept.started:
                self._tell(LaunchFailed(call=kept.call, control="keeper", error="it could not start the call"))
            elif not kept.told:
                self._tell(Exited(pid=child.pid, call=kept.call, code=None, signal=signal.SIGKILL, cpu_us=0))
            kept.sock.close()
            if child.status:  # it did not see them out: whom it kept is below us now, and belongs to nobody
                subreaper.end_below(os.getpid(), frozenset(self._kept))

    def _hear_out(self, kept: _Kept) -> None:
        """Pass on what a keeper said before it ended."""
        kept.sock.setblocking(False)
        while kept.sock in self._selector.get_map():
            try:
                self._from_keeper(kept)
            except BlockingIOError:
                self._selector.unregister(kept.sock)

    def _end(self) -> NoReturn:
        """Kill everything below, remove the private folder, end."""
        for kept in self._kept.values():
            kept.sock.close()
        subreaper.end_below(os.getpid())
        remove(self._cell)
        os._exit(0)


def remove(cell: CellSpec) -> None:
    """Remove the private folder, closed folders in it too. Nothing of the workload lives any more.

    Of folders nested by the thousand some may be left: they are a nuisance on the disk, and no more.
    """
    with contextlib.suppress(OSError, RecursionError):
        for folder, names, _ in os.walk(cell.private):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)  # before the walk goes into it
        shutil.rmtree(cell.private, ignore_errors=True)


def run(cell: CellSpec, launcher: socket.socket, supervisor: socket.socket, notifier: socket.socket) -> NoReturn:
    """Put up what all calls share, report to the launcher, serve. Forked from the notifier."""
    control, made = "start", False
    try:
        privileges.die_with_parent(signal.SIGTERM)
        os.umask(0o022)
        control = "subreaper"
        subreaper.become()
        control = "Landlock"
        version = landlock.abi()
        if version < LEAST_ABI:
            raise OSError(errno.EOPNOTSUPP, f"ABI {version} leaves signals free, {LEAST_ABI} is needed")
        control = "private folder"
        os.mkdir(cell.private, 0o700)
        made = True
        os.mkdir(cell.home, 0o700)
        planting.plant(cell.home, cell.planted)
        os.mkdir(places.temporary(cell), 0o700)
        if cell.trust is not None:
            trust.write(cell.trust, trust.machine_roots(), trust.folder(cell))
        control = "Landlock"
        scopes = landlock.SCOPE_ABSTRACT_UNIX | landlock.SCOPE_SIGNAL
        rules = landlock.ruleset(version, places.rules(cell), scopes, landlock.BIND_TCP | landlock.CONNECT_TCP)
        control = "seccomp"
        walls = call.Walls(rules, filter.program())
        control = "undumpable"
        privileges.undumpable()
        up = CellUp(overlay=False, landlock_abi=version)
        wire.send(supervisor, up)
        wire.send(launcher, up)
        launcher.close()
    except Exception as error:
        if made:
            remove(cell)
        wire.send(launcher, failure(control, error, _REMEDIES))
        os._exit(1)
    BareInit(cell, supervisor, notifier, walls).serve()


_REMEDIES = {
    "Landlock": "a Linux kernel of 6.12 or newer with Landlock in its LSM list (lsm=landlock,...) is needed for tier U-; "
    "or allow user namespaces, which tier U needs",
    "seccomp": "a Linux kernel of 5.19 or newer with seccomp user notification is needed",
    "private folder": "make /tmp writable for you, and remove old folders of vigiles from it",
}
