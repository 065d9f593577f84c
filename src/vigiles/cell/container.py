"""A container that runs already, by its control group: who is in it, how it is stopped, and which network it has.

Whoever made it does not matter: what it is to us is a directory of cgroup version 2 with all that lives in and below it.
"""

from __future__ import annotations

import os

from vigiles.cell.groups import TOP
from vigiles.kernel import cgroups, netspace
from vigiles.kernel.cgroups import Group
from vigiles.model.errors import ControlUnavailable, InputInvalid

_WATCH_ONLY = "use --watch-only to record what it does without a door"
#: Capabilities with which a process could undo the door.
_UNDOING = {netspace.NET_ADMIN: "CAP_NET_ADMIN", netspace.SYS_ADMIN: "CAP_SYS_ADMIN"}


class Container:
    """One container. Made by :meth:`at` or :meth:`of`; it satisfies what strikes need of control groups."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self.path = group.path

    @classmethod
    def at(cls, path: str) -> Container:
        """Return the container whose group is this directory. Raises :class:`InputInvalid`, :class:`ControlUnavailable`."""
        hierarchies = cgroups.here()
        if hierarchies is None:
            raise ControlUnavailable("cgroup", "no cgroup version 2 is mounted", "mount it at /sys/fs/cgroup")
        real = os.path.realpath(path)
        if not os.path.isdir(real):
            raise InputInvalid(f"{path} is no directory", "Give the container's group, or --pid with one of its processes.")
        name = os.path.relpath(real, hierarchies.unified)
        if name.startswith("..") or not os.path.exists(f"{real}/cgroup.procs"):
            raise InputInvalid(
                f"{real} is no group of cgroup version 2",
                f"Give a directory below {hierarchies.unified}; the line 0:: of /proc/PID/cgroup names it.",
            )
        own = cgroups.path_of(os.getpid()) or "/"
        if name == "." or f"{own}/".startswith(f"/{name}/"):
            raise InputInvalid(
                f"{real} holds Vigiles itself, so it is no container",
                "Give the group of one container, or start Vigiles elsewhere.",
            )
        if name.split("/")[0] == TOP:
            raise InputInvalid(f"{real} belongs to a cell", "A cell is watched already: see `vigiles incidents`.")
        return cls(Group(hierarchies, name, ()))

    @classmethod
    def of(cls, pid: int) -> Container:
        """Return the container that a process is in: its group. Raises as :meth:`at` does."""
        hierarchies, inside = cgroups.here(), cgroups.path_of(pid)
        if inside is None or hierarchies is None:
            raise InputInvalid(f"there is no process {pid}, or it is in no group of version 2", "Give --cgroup instead.")
        return cls.at(f"{hierarchies.unified}{inside}")

    def identity(self) -> int:
        """Return the number by which the kernel knows its group."""
        return self._group.identity()

    def groups(self) -> set[int]:
        """Return the numbers of its group and of all below."""
        return {os.stat(folder).st_ino for folder in self._folders()}

    def processes(self) -> list[int]:
        """Return the processes in it, as this process counts them."""
        found = []
        for folder in self._folders():
            try:
                with open(f"{folder}/cgroup.procs", encoding="ascii") as file:
                    found += [int(word) for word in file.read().split()]
            except OSError:
                continue  # a group below that has just gone, or holds threads only
        return [pid for pid in found if pid]

    def _folders(self) -> list[str]:
        return [folder for folder, _, _ in os.walk(self.path)]

    def populated(self) -> bool:
        """Say whether a process lives in it."""
        return self._group.populated()

    def freeze(self, on: bool) -> None:
        """Stop everything in it, or let it go on. Raises OSError."""
        self._group.freeze(on)

    def frozen(self) -> bool:
        """Say whether everything in it stands."""
        return self._group.frozen()

    def kill(self) -> None:
        """Kill everything in it. Raises OSError."""
        self._group.kill()

    def cpu_us(self) -> int:
        """Return the CPU time of all that ever was in it, microseconds; 0 where nobody counts."""
        return self._group.cpu_us() or 0

    def network(self) -> int:
        """Return a descriptor of the one network namespace that all its processes live in, and that is not ours.

        Raises :class:`ControlUnavailable` where a door could not hold: the container shares our network, has several, or
        holds a process that could change its own.
        """
        spaces: dict[int, int] = {}
        living = self.processes()
        for pid in living:
            try:
                spaces.setdefault(netspace.identity(pid), pid)
            except OSError:
                continue  # it has ended
        if netspace.identity() in spaces:
            raise ControlUnavailable(
                "door",
                "the container shares the network namespace that Vigiles is in, so nothing keeps it to a door",
                _WATCH_ONLY,
            )
        if len(spaces) != 1:
            why = "has no living process" if not spaces else f"has {len(spaces)} network namespaces"
            raise ControlUnavailable("door", f"the container {why}", f"give the group of one container, or {_WATCH_ONLY}")
        try:
            space = netspace.open_of(next(iter(spaces.values())))
        except OSError as error:
            raise ControlUnavailable("door", "the container has just ended", "start it, and attach again") from error
        for bit, name in _UNDOING.items():
            able = next((pid for pid in living if netspace.may_get(pid, space, bit)), None)
            if able is not None:
                os.close(space)
                raise ControlUnavailable(
                    "door",
                    f"process {able} has {name} over its network, or can come by it, and could take the door away",
                    f"start the container without {name} (docker: --cap-drop), or {_WATCH_ONLY}",
                )
        return space

    def may_send_raw(self, space: int) -> bool:
        """Say whether a process of it can make packets by itself (CAP_NET_RAW) in a network namespace."""
        return any(netspace.may_get(pid, space, netspace.NET_RAW) for pid in self.processes())
