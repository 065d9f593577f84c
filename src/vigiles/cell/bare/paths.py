"""Paths in a caller's memory, opened here as the caller would have: never judged by their text, only by what they led to."""

from __future__ import annotations

import errno
import os

from vigiles.kernel import listener, processes
from vigiles.kernel.listener import Notification
from vigiles.kernel.memory import Reader

_PATH_MAX = 4096
_AT_FDCWD = 0xFFFF_FF9C
AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW = 0x1000, 0x100


class Refused(Exception):
    """The call is to fail with ``error``; None: the caller is gone, there is nobody to answer."""

    def __init__(self, error: int | None) -> None:
        super().__init__(str(error))
        self.error = error


class Paths:
    """Reads and opens."""

    def __init__(self) -> None:
        self._reader = Reader(_PATH_MAX)

    def read(self, fd: int, notification: Notification, address: int, size: int) -> bytes:
        """Return ``size`` bytes of the caller's memory. Raises :class:`Refused`."""
        try:
            data = self._reader.gather(notification.pid, [(address, size)])
        except OSError:
            data = b""
        if not listener.still_valid(fd, notification):
            raise Refused(None)
        if len(data) < size:
            raise Refused(errno.EFAULT)
        return data

    def text(self, fd: int, notification: Notification, address: int) -> bytes:
        """Return the path that stands at ``address``. Raises :class:`Refused`."""
        try:
            path = self._reader.words(notification.pid, [address], _PATH_MAX)[0]
        except (OSError, IndexError):
            path = None
        if not listener.still_valid(fd, notification):
            raise Refused(None)
        if path is None:
            raise Refused(errno.EFAULT)
        if len(path) >= _PATH_MAX:
            raise Refused(errno.ENAMETOOLONG)
        return path

    def open(self, notification: Notification, folder: int, path: bytes, flags: int = 0) -> int:
        """Return a descriptor (O_PATH) of what ``path`` leads to, from the caller's ``folder``. Raises :class:`Refused`."""
        if not path and not flags & AT_EMPTY_PATH:
            raise Refused(errno.ENOENT)
        follow = os.O_NOFOLLOW if flags & AT_SYMLINK_NOFOLLOW else 0
        try:
            if path.startswith(b"/"):
                return os.open(path, os.O_PATH | os.O_CLOEXEC | follow)
            base = self.folder(notification, folder)
            if not path:
                return base
            try:
                return os.open(path, os.O_PATH | os.O_CLOEXEC | follow, dir_fd=base)
            finally:
                os.close(base)
        except OSError as error:
            raise Refused(error.errno or errno.EACCES) from error

    def folder(self, notification: Notification, folder: int) -> int:
        """Return a descriptor of the caller's current folder, or of what its descriptor ``folder`` is. Raises OSError."""
        if folder & 0xFFFF_FFFF == _AT_FDCWD:
            return os.open(f"/proc/{notification.pid}/cwd", os.O_PATH | os.O_CLOEXEC)
        held = processes.open_pidfd(notification.pid)
        try:
            return processes.take_descriptor(held, folder & 0xFFFF_FFFF)
        finally:
            os.close(held)
