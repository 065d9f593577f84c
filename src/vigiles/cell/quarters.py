"""A cell's control groups, from inside: init enters its own, and has each call begin in that call's.

Moving a process into a version 2 group waits for a grace period of the kernel's, often 15 ms; beginning it there waits for
nothing. Init is nobody when calls begin, so for files it acts as a gid that opens this cell's groups and nothing else, and
whoever it forks lets go of that gid before anything else: in init's user namespace nobody can take it again.
"""

from __future__ import annotations

import os
from typing import TypeVar

from vigiles.cell.messages import Homes
from vigiles.kernel import namespaces, privileges

T = TypeVar("T")


class Quarters:
    """``room``: the number of the first call's room; ``entrances``: see :func:`begin`."""

    def __init__(self, homes: Homes, ways: list[str]) -> None:
        """Enter init's own groups by ``ways``, and open the first call's. Raises OSError."""
        enter([os.open(way, os.O_WRONLY | os.O_CLOEXEC) for way in ways])
        self.room = homes.room
        self.entrances = [os.open(homes.first.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)]
        self.entrances += [os.open(way, os.O_WRONLY | os.O_CLOEXEC) for way in homes.first.ways]
        self._key = homes.key

    def take_key(self) -> None:
        """Act as the gid that opens the cell's groups, while this process is still root. Raises OSError."""
        privileges.act_for_files_as(self._key)


def begin(entrances: list[int]) -> tuple[int, list[int]]:
    """Fork a call's process; return as fork does, and what the child must still enter. Raises OSError.

    ``entrances``: see :meth:`vigiles.cell.groups.Room.all`; none where a cell has no groups.
    """
    if not entrances:
        return namespaces.fork_into(0), []
    pid, left = fork_within(entrances[0], entrances[1:])
    if pid == 0:
        for fd in entrances:
            if fd not in left:
                os.close(fd)
    return pid, left


def fork_within(folder: int, ways: list[T], flags: int = 0) -> tuple[int, list[T]]:
    """Fork into new namespaces (``flags``) and into a group; return as fork does, and what is left for the child to enter.

    ``folder``, ``ways``: the version 2 group's folder and the ways into it and others, its own first, as paths or open
    (:class:`vigiles.kernel.cgroups.Group`). Where the kernel begins the child in that group nothing waits; a write to its
    ``cgroup.procs`` would, for a grace period. Where it may not (the group is outside of our cgroup namespace on a hierarchy
    with nsdelegate, or someone forbids clone3), that too is left to the child. Raises OSError.
    """
    try:
        return namespaces.fork_into(flags, folder), ways[1:]
    except OSError:
        return namespaces.fork_into(flags), ways


def enter(entrances: list[int]) -> None:
    """Take the calling thread, its process's only one, into groups by descriptors of their doors, and close these."""
    for fd in entrances:
        os.write(fd, b"0")
        os.close(fd)
