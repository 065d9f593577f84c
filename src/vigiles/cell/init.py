"""Process 1 of a cell: builds the view, then starts, signals and reaps calls until its supervisor is gone.

It carries no listener (a second one in the same tree would get EBUSY), keeps its capabilities in the cell's user namespace
to tag calls, and cannot be reached by the workload: not dumpable, more capable, outside every Landlock domain, and
signals from inside a pid namespace do not reach process 1. When it ends, the kernel kills everything in the cell.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
from collections.abc import Sequence
from typing import NoReturn

from vigiles.cell import call, children, listeners, shim, syscalls, view, wire
from vigiles.cell.messages import CellUp, Enter, Homes, Launch, Prepared, Signal, Started, to_prepared
from vigiles.cell.quarters import Quarters, begin
from vigiles.cell.spec import CellSpec
from vigiles.cell.supervised import DOCTOR, Supervised, failure
from vigiles.kernel import landlock, loopback, namespaces, nftables, privileges, user_limits

_WRITABLE = ("/tmp", "/var/tmp", "/dev/shm")
_SYSTEM = ("/usr/bin", "/usr/include", "/usr/lib", "/usr/share")


#: How long init is idle before it makes the next spare, and how many may be lost before it makes no more.
_SPARE_AFTER_S = 0.02
_SPARES_LOST = 16


class Init(Supervised):
    """State of a running cell's init."""

    def __init__(
        self,
        cell: CellSpec,
        supervisor: socket.socket,
        notifier: socket.socket,
        walls: call.Walls,
        quarters: Quarters | None = None,
    ) -> None:
        super().__init__(cell, supervisor, notifier, walls)
        self._first: dict[int, int] = {}
        self._pids: dict[int, int] = {}
        self._spare: tuple[int, socket.socket] | None = None
        self._spares = _SPARES_LOST
        #: In tier R a call's process begins in the call's group, so it waits for that.
        self._roomed = quarters is not None
        self._quarters = quarters

    def serve(self) -> NoReturn:
        """Serve until the supervisor's socket closes, then end, and with it the cell."""
        reader = children.woken()
        selector = selectors.PollSelector()
        selector.register(self._supervisor, selectors.EVENT_READ)
        selector.register(reader, selectors.EVENT_READ)
        if self._quarters is None:
            self._make_spare()
        else:
            self._make_spare(self._quarters.entrances, self._quarters.room)
            for fd in self._quarters.entrances:
                os.close(fd)
        while True:
            ready = selector.select(_SPARE_AFTER_S if self._wants_spare() else None)
            for key, _ in ready:
                if key.fileobj is self._supervisor:
                    self._order()
                else:
                    os.read(reader, 4096)
            self._reap()
            if not ready and self._wants_spare() and not self._frozen:
                self._make_spare()

    def _wants_spare(self) -> bool:
        """Say whether a spare is to be made when there is time. In tier R it is made when its room is (:meth:`_enter`)."""
        return self._spare is None and self._spares > 0 and not self._roomed

    def _make_spare(self, entrances: Sequence[int] = (), room: int = 0) -> None:
        """Fork the next call's process ahead of its order, so that a call need not wait for a fork; in its ``room``."""
        ours, theirs = wire.pair()
        try:
            pid, left = begin([*entrances])
        except OSError:
            ours.close()
            theirs.close()
            return
        if pid == 0:
            signal.set_wakeup_fd(-1)
            ours.close()
            call.wait(self._cell, self._walls, theirs, self._notifier, left, room)
        theirs.close()
        self._spare = (pid, ours)

    def _enter(self, order: Enter, entrances: list[int]) -> None:
        """Make the spare in the next call's room. One that waits already enters it, before its order comes."""
        if self._spare is None:
            if self._spares and not self._frozen:
                self._make_spare(entrances, order.room)
        else:
            try:
                wire.send(self._spare[1], order, entrances)
            except OSError:
                pass  # it has died

    def _launch(self, order: Launch, descriptors: list[int]) -> None:
        entrances = descriptors[len(descriptors) - order.entrances :]
        descriptors = descriptors[: len(descriptors) - order.entrances]
        master: list[int] = []
        ours: list[int] = []
        if order.call.terminal:
            outer, inner = os.openpty()
            master, ours = [outer], [outer, inner]
            descriptors = [inner, inner, descriptors[0] if descriptors else inner]
        pid = None if order.call.agent else self._hand_to_spare(order, descriptors, entrances)
        try:
            if pid is None:
                pid, left = begin(entrances)
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    call.start(order.call, self._cell, self._walls, descriptors, left, self._notifier)
        except OSError as error:
            self._not_started(order, "fork", str(error))
        else:
            self._first[pid] = order.call.call
            self._pids[order.call.call] = pid
            self._tell(Started(call=order.call.call, pid=pid), master)
        for fd in ours:
            os.close(fd)

    def _hand_to_spare(self, order: Launch, descriptors: list[int], entrances: list[int]) -> int | None:
        """Give the order to the spare and return its pid; None if there is none that lives."""
        if self._spare is None:
            return None
        pid, orders = self._spare
        self._spare = None
        with orders:
            try:
                wire.send(orders, order, [*descriptors, *entrances])
                os.kill(pid, signal.SIGCONT)  # the workload may have stopped it
            except OSError:
                return None
        return pid

    def _signal(self, order: Signal) -> None:
        if order.call is None:
            target = -1
        else:
            pid = self._pids.get(order.call)
            if pid is None:
                return
            target = -pid if order.group else pid
        try:
            os.kill(target, order.signal)
        except ProcessLookupError:
            pass

    def _reap(self) -> None:
        for child in children.ended():
            if self._spare is not None and child.pid == self._spare[0]:
                # It ended before it was asked for: killed from inside, or a wall failed. A call's own fork will say which.
                self._spare[1].close()
                self._spare = None
                self._spares -= 1
                continue
            number = self._first.pop(child.pid, None)
            if number is not None:
                self._pids.pop(number, None)
            self._tell(child.word(number))


def run(
    cell: CellSpec,
    idmaps: view.Idmaps,
    launcher: socket.socket,
    supervisor: socket.socket,
    notifier: socket.socket,
    inherited: list[int],
    homes: Homes | None = None,
    ways: Sequence[str] = (),
) -> NoReturn:
    """Build the cell around this process (already in its new namespaces), report to the launcher, serve.

    ``inherited`` are descriptors of the launcher's that must not stay open here. ``ways``: into those of its control groups
    in which this process is not yet.
    """
    control = "start"
    try:
        privileges.die_with_parent()
        for fd in inherited:
            os.close(fd)
        os.umask(0o022)
        control = "cgroup"
        quarters = None if homes is None else Quarters(homes, [*ways])
        if not cell.host_root:
            control = "user namespace"
            _map(cell)
        control = "loopback"
        loopback.bring_up()
        loopback.add_second()
        if cell.firewall:
            control = "nftables"
            nftables.drop_by_default()
        control = "door sockets"
        doors = listeners.make() if cell.network else []
        control = "mounts"
        view.prepare(cell)
        if not cell.workdir:
            control = "start"
            cell, idmaps = _wait_for_work(launcher, doors)
            doors = []
            control = "mounts"
        upper = view.finish(cell, idmaps)
        control = "shell shim"
        requests = _shim_socket() if cell.shim else None
        view.seal_run()
        if cell.host_root:
            control = "user namespace"
            _become_nobody(cell, quarters)
        control = "user limits"
        user_limits.bound()
        if cell.root_inside:
            control = "mounts"
            view.seal_kernel()
        control = "Landlock"
        version = landlock.abi()
        rules = landlock.ruleset(version, _rules(cell))
        control = "seccomp"
        walls = call.Walls(rules, syscalls.usual())
        control = "capabilities"
        privileges.drop_bounding()
        control = "undumpable"
        privileges.undumpable()
        up = CellUp(overlay=upper >= 0, landlock_abi=version)
        passed = [*([upper] if upper >= 0 else []), *([requests.fileno()] if requests is not None else [])]
        wire.send(supervisor, up, passed)
        wire.send(launcher, up, [sock.fileno() for sock in doors])
        for sock in (launcher, *doors, *([requests] if requests is not None else [])):
            sock.close()
        if upper >= 0:
            os.close(upper)
    except Exception as error:
        wire.send(launcher, failure(control, error, _REMEDIES))
        os._exit(1)
    Init(cell, supervisor, notifier, walls, quarters).serve()


def _map(cell: CellSpec) -> None:
    """Map the one uid and gid of this user namespace: the workload's to itself, or, root inside, 0 to it."""
    if cell.root_inside:
        namespaces.map_self(0, cell.uid, 0, cell.gid)
    else:
        namespaces.map_self(cell.uid, cell.uid, cell.gid, cell.gid)


def _wait_for_work(launcher: socket.socket, doors: list[socket.socket]) -> tuple[CellSpec, view.Idmaps]:
    """Say that all is ready but the work directory; return the cell as it is to be, with the owners' maps."""
    wire.send(launcher, Prepared(), [sock.fileno() for sock in doors])
    for sock in doors:
        sock.close()
    try:
        word, descriptors = wire.receive(launcher, to_prepared)
    except (wire.Closed, ConnectionError):
        os._exit(0)  # nobody wants it any more
    return word.spec, view.Idmaps(*descriptors)


def _shim_socket() -> socket.socket:
    """Lay out the shell shim; return the socket on which it asks for calls."""
    requests = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    view.prepare_shim(shim.text())
    requests.bind(shim.SOCKET)
    os.chmod(shim.SOCKET, 0o666)
    requests.listen(128)
    return requests


def _become_nobody(cell: CellSpec, quarters: Quarters | None) -> None:
    """From real root to the cell's uid in a user namespace of its own, where init keeps the capabilities it needs."""
    os.setgroups([])
    os.setresgid(cell.gid, cell.gid, cell.gid)
    if quarters is not None:
        quarters.take_key()
    os.setresuid(cell.uid, cell.uid, cell.uid)
    privileges.dumpable()  # changing uid closed /proc/self, and the maps below lie there
    namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNS)
    _map(cell)
    privileges.die_with_parent()  # changing uid cleared it


def _rules(cell: CellSpec) -> list[tuple[str, int]]:
    """Landlock: read what the view shows, write only where work is done.

    Each call gets a domain of its own, so none can trace or patch another's processes. Signals and abstract sockets stay
    free between calls (a later call may end a server that an earlier one began): the cell's own namespaces confine them.
    Root inside writes wherever a mount lets it: its root is a private layer, and the rest is mounted read-only.

    The kernel looks for the right to truncate at each open, up to the root where no rule gives it. In the folders that most
    is read from it is given, which halves what an open costs: root's, and mounted read-only, they have two other walls.
    """
    workdir = landlock.READ if cell.workdir_mode == "read_only" else landlock.WRITE
    return [
        ("/", landlock.WRITE if cell.root_inside else landlock.READ),
        *((path, landlock.READ | landlock.TRUNCATE) for path in _SYSTEM if not cell.rootfs),
        (cell.workdir, workdir),
        (cell.home, landlock.WRITE),
        *((path, landlock.WRITE) for path in (*_WRITABLE, *cell.write)),
        ("/dev", landlock.DEVICE),
        ("/proc", landlock.READ | landlock.WRITE_FILE),
    ]


def remedy(control: str) -> str:
    """Return what a person can do when ``control`` cannot be set up."""
    return _REMEDIES.get(control, DOCTOR)


_REMEDIES = {
    "user namespace": "allow unprivileged user namespaces (sysctl user.max_user_namespaces > 0, "
    "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or run as root",
    "namespaces": "allow unprivileged user namespaces (sysctl user.max_user_namespaces > 0, "
    "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or run as root",
    "mounts": "a Linux kernel of 5.12 or newer with overlayfs in user namespaces is needed; the path named must exist",
    "Landlock": "a Linux kernel of 5.13 or newer with Landlock in its LSM list (lsm=landlock,...) is needed",
    "cgroup": "see `vigiles doctor`, or ask for tier U",
    "nftables": "a Linux kernel with nf_tables and its inet family is needed (as a module: `modprobe nf_tables` as root)",
    "seccomp": "a Linux kernel of 5.19 or newer with seccomp user notification is needed",
}
