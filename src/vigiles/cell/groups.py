"""Tier R's groups: a control group for each call of each cell of one supervisor.

``vigiles/<supervisor>/<episode>`` bounds a cell; in it ``own`` holds init, and each of ``calls/*`` a call with all that it
ever spawned (made ahead, hence not named by the call's number): no process can leave its group, for a cell sees no
hierarchy. A supervisor's name begins with its process, so that what a killed one left is known as such and removed by the
next; one process may have several.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass

from vigiles.cell.messages import Homes, Way
from vigiles.kernel import cgroups
from vigiles.kernel.cgroups import Group, Hierarchies

TOP = "vigiles"
#: What a call's group accounts for itself; the other limits are the cell's.
_OF_A_CALL, _OF_A_CELL = ("memory",), ("pids", "cpu")
_TRIES = 50
#: Room beside the workload's processes for init and the spare of the next call.
_OURS = 4
#: The gid that opens a cell's groups to its init, by the cell's own. No file is anybody's by it, and no process runs as it.
_KEY = 1 << 16


@dataclass(frozen=True)
class Room:
    """A group for a call: its number among the cell's, its folder and the descriptors that each take their writer in."""

    number: int
    folder: int
    entrances: list[int]

    def close(self) -> None:
        """Close the descriptors."""
        for fd in self.all():
            os.close(fd)

    def all(self) -> list[int]:
        """Return all descriptors: the folder, and the entrances."""
        return [self.folder, *self.entrances]


class CellGroups:
    """The groups of one cell. Made by :meth:`Groups.cell`."""

    def __init__(self, cell: Group) -> None:
        self.cell = cell
        self._bounds = cell.alike(_OF_A_CELL)
        self._own = cell.child("own", ())
        self._calls = cell.child("calls", _OF_A_CALL)
        self._room: tuple[int, Group] | None = None
        self._rooms = itertools.count(1)
        self._known: dict[int, Group] = {}
        self._numbers: dict[int, int] = {}
        self._final: dict[int, tuple[int | None, int | None]] = {}
        self._key = -1

    def make(self, *, processes: int, memory_bytes: int, gid: int = -1) -> list[str]:
        """Make the groups with the cell's limits (0: none); return the limits that no controller here can keep.

        ``gid``: the cell's; its init can then begin each call in that call's group.
        """
        self.cell.make(parent=True)
        self._own.make()
        self._calls.make(parent=True)
        if gid >= 0:
            self._key = gid + _KEY
            self.cell.open_to(self._key)
        missing = []
        if processes and not self.cell.limit_processes(processes + _OURS):
            missing.append("pids")
        if memory_bytes and not self.cell.limit_memory(memory_bytes):
            missing.append("memory")
        return missing

    def homes(self) -> Homes:
        """Return where the cell's init belongs, and with it whatever it will fork; and the first call's room, which stands.

        Where version 2 limits, a parent holds no process. Of the notifier only the CPU time, in version 1: what a cell makes
        it do costs that cell, and nobody else.
        """
        assert self._room is not None
        number, group = self._room
        return Homes(
            init=Way(folder=self._own.path, ways=[*self._own.ways(), *self.cell.ways(unified=False)]),
            notifier=self.cell.alike(("cpu",)).ways(unified=False),
            room=number,
            first=Way(folder=group.path, ways=group.ways()),
            key=self._key,
        )

    @property
    def has_room(self) -> bool:
        """Whether the group of the next call stands."""
        return self._room is not None

    def prepare(self) -> None:
        """Make the group of the call after this one, if it does not stand; may run in a thread, one at a time."""
        if self._room is None:
            self._room = self._new()

    def room(self) -> Room | None:
        """Return the group of the next call for the process that waits for it; None if none stands."""
        return None if self._room is None else self._entered(*self._room)

    def call(self, number: int, *, spare: bool = True) -> Room:
        """Give a call the group that was made ahead, or a new one; without ``spare`` always a new one, for there may be
        a process in the other.
        """
        if self._room is None or not spare:
            room, group = self._new()
        else:
            room, group = self._room
            self._room = None
        self._known[number] = group
        self._numbers[number] = group.identity()
        return self._entered(room, group)

    def _new(self) -> tuple[int, Group]:
        number = next(self._rooms)
        group = self._calls.child(str(number))
        group.make(alone=True)
        if self._key >= 0:
            group.open_to(self._key)
        return number, group

    def _entered(self, number: int, group: Group) -> Room:
        """Return a call's group, open for the call's first process alone."""
        opened = [group.folder()]
        try:
            opened += group.entrances()
            opened += self._bounds.entrances(unified=False)
        except OSError:
            for fd in opened:
                os.close(fd)
            raise
        return Room(number, opened[0], opened[1:])

    def identity(self, number: int | None = None) -> int:
        """Return the number by which the kernel knows a call's group, or (None) the one that holds all calls."""
        return self._calls.identity() if number is None else self._numbers.get(number, 0)

    def cpu_us(self, number: int) -> int | None:
        """Return the CPU time of a call, microseconds; None for one without a group."""
        if number in self._final:
            return self._final[number][0]
        group = self._known.get(number)
        return None if group is None else group.cpu_us()

    def times(self) -> dict[int, int]:
        """Return call -> CPU time so far, microseconds, of every call."""
        return {number: used for number in self._known if (used := self.cpu_us(number)) is not None}

    def memory_peak(self, number: int) -> int | None:
        """Return the most memory that a call ever had, bytes; None where nobody counts."""
        if number in self._final:
            return self._final[number][1]
        group = self._known.get(number)
        return None if group is None else group.memory_peak()

    def kill_call(self, number: int) -> bool:
        """Kill a call with all that it spawned, at once; return whether it has a group."""
        group = self._known.get(number)
        if group is None:
            return False
        try:
            group.kill()
        except FileNotFoundError:
            pass  # it has ended
        return True

    def kill(self) -> None:
        """Kill all calls."""
        self._calls.kill()

    def freeze(self, on: bool) -> None:
        """Stop all calls, or let them go on."""
        self._calls.freeze(on)

    def weigh(self, shares: int) -> bool:
        """Give the cell this share of the processors beside cells of 100; return whether a controller does it."""
        return self.cell.weigh(shares)

    def frozen(self) -> bool:
        """Say whether all calls stand."""
        return self._calls.frozen()

    def finish(self, number: int) -> None:
        """A call has no process left: remove its group, if it is empty by now; its numbers stay known."""
        group = self._known.get(number)
        if group is None or number in self._final:
            return
        self._final[number] = (group.cpu_us(), group.memory_peak())
        group.remove(tries=1)

    def remove(self) -> bool:
        """Remove all groups of the cell, if its last process is gone; return whether they are."""
        return self.cell.remove(tries=1)


@dataclass
class Groups:
    """What one supervisor has."""

    top: Group
    supervisor: Group

    @classmethod
    def open(cls, name: str) -> Groups:
        """Make the group of this supervisor (see :func:`new_name`) and remove those of dead ones.

        Raises OSError that says what is missing.
        """
        hierarchies = cgroups.here()
        if hierarchies is None:
            raise OSError(0, "no cgroup version 2 is mounted", "/sys/fs/cgroup")
        _remove_dead(hierarchies)
        top = Group(hierarchies, TOP)
        supervisor = top.child(name)
        for left in range(_TRIES, 0, -1):
            try:
                supervisor.make(parent=True)
                break
            except FileNotFoundError:  # another supervisor has just left, and taken the top with it
                if left == 1:
                    raise
        return cls(top, supervisor)

    def cell(self, episode: str) -> CellGroups:
        """Return the groups of a new cell; nothing is made yet."""
        return CellGroups(self.supervisor.child(episode))

    def close(self) -> None:
        """Kill what is left and remove everything, waiting a moment for what is dying."""
        _end(self.supervisor)
        self.top.leave()


def new_name() -> str:
    """Return a name for a supervisor in this process, that no other has."""
    return f"{process_name(os.getpid())}-{os.urandom(4).hex()}"


def process_name(pid: int) -> str:
    """Return what no other process ever is called. Raises OSError if there is no such process."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        started = int(file.read().rpartition(b")")[2].split()[19])
    return f"{_pid_namespace()}-{pid}-{started}"


def _pid_namespace() -> str:
    return os.readlink("/proc/self/ns/pid")[5:-1]


def remove_of(name: str) -> bool:
    """Kill what is left of a supervisor's cells and remove their groups; return whether they are gone."""
    hierarchies = cgroups.here()
    if hierarchies is None:
        return True
    top = Group(hierarchies, TOP)
    gone = _end(top.child(name))
    top.leave()
    return gone


def _remove_dead(hierarchies: Hierarchies) -> None:
    try:
        names = os.listdir(f"{hierarchies.unified}/{TOP}")
    except OSError:
        return
    for name in names:
        # Of another pid namespace's supervisors we cannot tell whether they live.
        namespace, pid, *_ = [*name.split("-"), ""]
        if namespace == _pid_namespace() and pid.isdecimal() and not _lives(int(pid), name):
            _end(Group(hierarchies, f"{TOP}/{name}"))


def _end(group: Group) -> bool:
    try:
        group.kill()
    except OSError:
        pass  # it is gone
    return group.remove()


def _lives(pid: int, name: str) -> bool:
    try:
        return name.startswith(f"{process_name(pid)}-")
    except OSError:
        return False
