"""Uids that nobody else uses: one for each cell, lent as long as its lender lives.

Who has which is a lock on one byte of a file: the kernel lets go of it when the lender dies. Such a lock belongs to the
open file, not to a process, so that two lenders of one process do not take each other for themselves; a forked child closes
its copy at once. Source: fcntl(2), open file description locks.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path

from vigiles.kernel import forks

_SET_LOCK = 37  # F_OFD_SETLK
_FLOCK = "hhqqi4x"


class Uids:
    """Numbers from ``first`` on, at most ``count`` at once on this machine. ``place``: the file, in a folder of root's."""

    def __init__(self, place: Path, first: int, count: int) -> None:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._first = first
        self._count = count
        self._taken: set[int] = set()
        forks.let_go(self._forked)

    def take(self) -> int:
        """Return the lowest uid that is free, so that few are used in all. Raises OSError (EAGAIN) if none is."""
        for offset in range(self._count):
            if offset not in self._taken and self._lock(offset, fcntl.F_WRLCK):
                self._taken.add(offset)
                return self._first + offset
        raise OSError(errno.EAGAIN, f"all {self._count} uids for cells are taken")

    def give(self, uid: int) -> None:
        """Give one back; nothing runs under it any more."""
        offset = uid - self._first
        if offset in self._taken:
            self._taken.discard(offset)
            self._lock(offset, fcntl.F_UNLCK)

    def close(self) -> None:
        """Give all back."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
        self._taken.clear()

    def _forked(self) -> None:
        self.close()

    def _lock(self, offset: int, kind: int) -> bool:
        try:
            fcntl.fcntl(self._file, _SET_LOCK, struct.pack(_FLOCK, kind, os.SEEK_SET, offset, 1, 0))
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise
        return True
