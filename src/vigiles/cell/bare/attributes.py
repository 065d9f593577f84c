"""Modes and times of files, which Landlock does not judge: changed here for the caller, where the cell may write.

The path is opened once; what the descriptor leads to is judged, and that is what is changed. The kernel never goes on with
a path from the caller's memory.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Callable

from vigiles.cell.bare import owned, places
from vigiles.cell.bare.paths import AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, Paths, Refused
from vigiles.cell.notifying.calls import Known
from vigiles.cell.spec import CellSpec
from vigiles.kernel import listener, syscall
from vigiles.kernel.listener import Notification

_AT_FDCWD = 0xFFFF_FF9C
_TIMESPECS = 32
Change = Callable[[int], None]


class Attributes:
    """Handlers for chmod(2) and utimensat(2) and their kin. None of them is recorded: a file's change is seen as such."""

    def __init__(self, cell: CellSpec, paths: Paths) -> None:
        self._folders = places.writable(cell)
        self._paths = paths

    def chmod(self, fd: int, notification: Notification, call: Known) -> None:
        """chmod(path, mode)."""
        path, mode, *_ = notification.args
        self._mode(fd, notification, _AT_FDCWD, path, mode, 0)

    def fchmod(self, fd: int, notification: Notification, call: Known) -> None:
        """fchmod(descriptor, mode)."""
        descriptor, mode, *_ = notification.args
        self._mode(fd, notification, descriptor, 0, mode, AT_EMPTY_PATH)

    def fchmodat(self, fd: int, notification: Notification, call: Known) -> None:
        """fchmodat(folder, path, mode)."""
        folder, path, mode, *_ = notification.args
        self._mode(fd, notification, folder, path, mode, 0)

    def fchmodat2(self, fd: int, notification: Notification, call: Known) -> None:
        """fchmodat2(folder, path, mode, flags)."""
        folder, path, mode, flags, *_ = notification.args
        self._mode(fd, notification, folder, path, mode, flags & 0xFFFF_FFFF)

    def utimensat(self, fd: int, notification: Notification, call: Known) -> None:
        """utimensat(folder, path, times, flags); without a path the descriptor ``folder`` itself is meant."""
        folder, path, times, flags, *_ = notification.args

        def change(target: int) -> None:
            given = self._paths.read(fd, notification, times, _TIMESPECS) if times else None
            if syscall.libc.utimensat(target, b"", given, AT_EMPTY_PATH) < 0:
                raise OSError(ctypes.get_errno(), "utimensat")

        self._change(fd, notification, folder, path, flags & 0xFFFF_FFFF | (0 if path else AT_EMPTY_PATH), change)

    def _mode(self, fd: int, notification: Notification, folder: int, path: int, mode: int, flags: int) -> None:
        def change(target: int) -> None:
            if stat.S_ISLNK(os.fstat(target).st_mode):
                raise OSError(errno.EOPNOTSUPP, "a link has no mode")
            os.chmod(f"/proc/self/fd/{target}", mode & 0o7777)

        self._change(fd, notification, folder, path, flags, change)

    def _change(self, fd: int, notification: Notification, folder: int, path: int, flags: int, change: Change) -> None:
        try:
            if flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW):
                raise Refused(errno.EINVAL)
            text = self._paths.text(fd, notification, path) if path else b""
            target = self._paths.open(notification, folder, text, flags)
            try:
                if not owned.lies_below(target, self._folders):
                    raise Refused(errno.EPERM)
                change(target)
            finally:
                os.close(target)
            error = 0
        except Refused as refused:
            if refused.error is None:
                return
            error = refused.error
        except OSError as failed:
            error = failed.errno or errno.EPERM
        listener.answer(fd, notification, error)
