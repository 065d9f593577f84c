"""User namespaces that show the files of a folder's owner as a cell's own, made once for each pair of users.

Source: mount_setattr(2), MOUNT_ATTR_IDMAP. A launcher that is root keeps them: making one takes a process.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from functools import partial
from typing import NoReturn

from vigiles.cell.forked import never_returning
from vigiles.kernel import namespaces, privileges


class OwnerMaps:
    """The maps that one launcher has made. Every method raises OSError when one cannot be made."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int, int], int] = {}
        self._owner: tuple[int, int] | None = None

    def of(self, folder: str, uid: int, gid: int) -> int:
        """Return the descriptor of the map from a folder's owner to the cell's user; it stays ours."""
        status = os.stat(folder)
        self._owner = status.st_uid, status.st_gid
        return self._map(*self._owner, uid, gid)

    def foresee(self, uid: int, gid: int) -> None:
        """Make the map that a prepared cell will want, if its work directory has the owner of the last one."""
        if self._owner is not None:
            self._map(*self._owner, uid, gid)

    def descriptors(self) -> list[int]:
        """Return the descriptors of all maps."""
        return list(self._made.values())

    def _map(self, owner: int, group: int, uid: int, gid: int) -> int:
        key = (owner, group, uid, gid)
        if key not in self._made:
            self._made[key] = _make(*key)
        return self._made[key]


def _make(owner: int, group: int, uid: int, gid: int) -> int:
    """Return a new user namespace with that map; its one process has ended by then."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        never_returning(partial(_hold, writer))
    os.close(writer)
    try:
        if not os.read(reader, 1):
            raise OSError(errno.ENOSPC, "no user namespace can be made", f"the map of owner {owner}")
        namespaces.map_self(owner, uid, group, gid, pid=str(pid))
        return os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _hold(ready: int) -> NoReturn:
    """Be the one process of a new user namespace until killed; say so on the pipe ``ready``."""
    privileges.die_with_parent()
    namespaces.unshare(namespaces.NEWUSER)
    os.write(ready, b"x")
    while True:
        signal.pause()
