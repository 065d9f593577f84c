"""The launcher: a small single-threaded process that makes cells for its supervisor.

Making a cell needs forks into new namespaces, which a large or threaded process must not do. The supervisor starts one
launcher before anything else (a fresh interpreter), hands it one socket, and asks it for cells; each cell is three forks:
init (inside), notifier and door (outside). The launcher holds no key and no ledger. When the supervisor's socket closes it
ends, and the kernel kills every init with it.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from functools import partial

from vigiles.cell import door_spawner, init, quarters, shim, syscalls, view, wire
from vigiles.cell.ends import Ends, first_word
from vigiles.cell.forked import never_returning
from vigiles.cell.groups import remove_of
from vigiles.cell.messages import Adopt, Finish, Made, Make, NotMade, ToLauncher, to_launcher
from vigiles.cell.notifying import notifier
from vigiles.cell.owner_maps import OwnerMaps
from vigiles.cell.spec import CellSpec
from vigiles.kernel import namespaces, privileges


class Launcher:
    """State: the supervisor's socket, what makes doors, the prepared cells, and the maps of their owners."""

    def __init__(self, supervisor: socket.socket) -> None:
        self._supervisor = supervisor
        self._spawner = door_spawner.start([supervisor])
        self._prepared: dict[int, tuple[socket.socket, int, int]] = {}
        self._owners = OwnerMaps()
        self._parent = -1

    def serve(self) -> None:
        """Serve until the supervisor is gone: its process, for a child that it forked may hold its socket."""
        waiting = select.poll()
        waiting.register(self._supervisor, select.POLLIN)
        try:
            self._parent = os.pidfd_open(os.getppid())
        except ProcessLookupError:
            return
        waiting.register(self._parent, select.POLLIN)
        while True:
            if any(fd != self._supervisor.fileno() for fd, _ in waiting.poll()):
                return
            try:
                order, _ = wire.receive(self._supervisor, to_launcher)
                self._serve(order)
            except (wire.Closed, ConnectionError):
                return  # also when the supervisor died while we were at work for it

    def _serve(self, order: ToLauncher) -> None:
        """Carry out one order; one that cannot be carried out ends nobody else's cell."""
        try:
            if isinstance(order, Make):
                self._make(order)
            else:
                self._adopt(order)
        except ConnectionError:
            raise
        except OSError as error:
            where = error.filename if error.filename is not None else "a system call"
            remedy = "see that the work directory exists, and that processes and descriptors are left"
            failed = NotMade(token=order.token, control="start", error=f"{error.strerror} ({where})", remedy=remedy)
            wire.send(self._supervisor, failed)

    def _make(self, order: Make) -> None:
        cell = order.spec
        if cell.tier == "U-":
            # Imported here: what no other tier needs would be copied in every fork of theirs.
            from vigiles.cell.bare import launch

            launch.make(self._supervisor, self._spawner, order)
            return
        ends = Ends.make()
        idmaps = self._idmaps_of(cell)
        flags = namespaces.ALL_NEW & ~namespaces.NEWUSER if cell.host_root else namespaces.ALL_NEW
        mine = [self._supervisor, self._spawner, ends.to_init, ends.to_notifier, ends.tags, ends.report, ends.ports]
        mine += [ends.ports_door, ends.to_door, ends.door, ends.notifier]
        try:
            pid, ways = _fork_init(flags, order)
        except OSError as error:
            failed = NotMade(token=order.token, control="namespaces", error=str(error), remedy=init.remedy("namespaces"))
            wire.send(self._supervisor, failed)
            return
        if pid == 0:
            inherited = [sock.fileno() for sock in mine] + self._others(idmaps)
            outward = (ends.report_out, ends.init, ends.tags_out)
            never_returning(partial(init.run, cell, idmaps, *outward, inherited, order.homes, ways))
        for sock in (ends.report_out, ends.init, ends.tags_out):
            sock.close()
        watcher = namespaces.fork_into(0)
        if watcher == 0:
            privileges.die_with_parent()
            for sock in mine:
                if sock not in (ends.notifier, ends.tags, ends.ports):
                    sock.close()
            for fd in self._others(view.Idmaps()):
                os.close(fd)
            ways = [] if order.homes is None else order.homes.notifier
            never_returning(partial(notifier.run, cell, pid, ends.notifier, ends.tags, ends.ports, ways))
        for sock in (ends.notifier, ends.tags, ends.ports):
            sock.close()
        unmade = self._await(order, ends)
        if unmade is not None:
            for child in (pid, watcher):
                _kill(child)
            wire.send(self._supervisor, unmade)
        else:
            made = Made(token=order.token, init=pid, notifier=watcher, door=order.door is not None)
            wire.send(self._supervisor, made, ends.supervisors())
            if not cell.workdir:
                self._prepared[order.token] = ends.report.dup(), pid, watcher
                if cell.host_root:
                    self._owners.foresee(cell.uid, cell.gid)
        ends.close()

    def _adopt(self, order: Adopt) -> None:
        """Have a prepared cell finished with its work directory, or let it go."""
        prepared = self._prepared.pop(order.token, None)
        if prepared is None:  # adopted or let go already: nobody's cell is worth the launcher
            if order.spec is not None:
                gone = NotMade(
                    token=order.token, control="start", error="no such prepared cell", remedy="open another episode"
                )
                wire.send(self._supervisor, gone)
            return
        report, pid, watcher = prepared
        with report:
            if order.spec is None:
                return
            cell = order.spec
            try:
                wire.send(report, Finish(spec=cell), [fd for fd in self._idmaps_of(cell) if fd >= 0])
            except OSError:
                pass  # it has died; what follows says so
            word, descriptors = first_word(order.token, report)
        for fd in descriptors:
            os.close(fd)
        if word is not None:
            for child in (pid, watcher):
                _kill(child)
        wire.send(self._supervisor, word or Made(token=order.token, init=pid, notifier=watcher))

    def _await(self, order: Make, ends: Ends) -> NotMade | None:
        """Wait for init's word; have the door made if one is asked for. Return why there is no cell, or None."""
        failed, descriptors = first_word(order.token, ends.report)
        if failed is not None:
            return failed
        try:
            if order.door is not None and descriptors:
                terminates = order.spec.trust is not None
                sides = (ends.door, ends.ports_door)
                door_spawner.spawn(self._spawner, order.door, *sides, descriptors, terminates=terminates, at_once=False)
        except OSError as error:  # not the supervisor's end: other cells live on
            return NotMade(token=order.token, control="door", error=str(error), remedy="start again")
        finally:
            for fd in descriptors:
                os.close(fd)
        return None

    def _idmaps_of(self, cell: CellSpec) -> view.Idmaps:
        """Return the maps of a cell that has its work directory and whose launcher is root; else none."""
        if not cell.host_root or not cell.workdir:
            return view.Idmaps()
        root = self._owners.of(cell.rootfs, cell.uid, cell.gid) if cell.rootfs else -1
        return view.Idmaps(self._owners.of(cell.workdir, cell.uid, cell.gid), root)

    def _others(self, idmaps: view.Idmaps) -> list[int]:
        """Return the descriptors that are about other cells: one cell's processes must not hold them."""
        kept = [fd for fd in self._owners.descriptors() if fd not in idmaps]
        return [self._parent, *kept, *(report.fileno() for report, _, _ in self._prepared.values())]


def _fork_init(flags: int, order: Make) -> tuple[int, list[str]]:
    """Fork init into new namespaces and its group; return as fork does, and by which files it must still enter others."""
    if order.homes is None:
        return namespaces.fork_into(flags), []
    folder = os.open(order.homes.init.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return quarters.fork_within(folder, order.homes.init.ways, flags)
    finally:
        os.close(folder)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def main() -> None:
    """Serve the supervisor whose socket's number is the first argument; the second names its control groups, if any."""
    supervisor = socket.socket(fileno=int(sys.argv[1]))
    supervisor.set_inheritable(False)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    shim.text()  # read now: a cell's init sees no files of ours
    with suppress(KeyError):  # a machine without a table is init's to tell of
        syscalls.usual()
    gc.collect()
    gc.freeze()
    gc.disable()
    Launcher(supervisor).serve()
    if sys.argv[2]:
        remove_of(sys.argv[2])  # the supervisor may have been killed


if __name__ == "__main__":
    main()
