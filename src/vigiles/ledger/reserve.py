"""Room set aside: a file that takes space on the ledger's disk, so that there is some when the disk is full.

The recorder makes it when it starts and removes it when it leaves. When a write fails for want of room it gives the file's
space free, which is enough to write down how everything ended, and sets it aside again once the disk has room for both.
"""

from __future__ import annotations

import os
from pathlib import Path

from vigiles.model.errors import InputInvalid

DEFAULT_BYTES = 16 << 20
#: A failed write means a full disk if less than this is left, whatever the error was.
_NOTHING = 64 << 10


def wanted_bytes(path: Path) -> int:
    """Return the size of the reserve as the file ``path`` says, in bytes, 0: none; without one 16 MiB.

    Raises :class:`InputInvalid` if the file holds something else.
    """
    try:
        given = path.read_text("ascii").strip()
    except FileNotFoundError:
        return DEFAULT_BYTES
    except (OSError, UnicodeDecodeError):
        given = "?"
    if not given.isdecimal():
        raise InputInvalid(
            f"{path} does not hold a number of bytes", f"Write {DEFAULT_BYTES} into it, or 0 for none, or remove it."
        )
    return int(given)


class Reserve:
    """``low``: the space was given free, or could not be set aside. A reserve of 0 bytes is never low."""

    def __init__(self, path: Path, size: int) -> None:
        self.size = size
        self.low = False
        self._path = path

    def free_bytes(self) -> int:
        """Return what an ordinary user can still write to the disk; 0 if nobody can say."""
        try:
            state = os.statvfs(self._path.parent)
        except OSError:
            return 0
        return state.f_bavail * state.f_frsize

    def is_full(self) -> bool:
        """Say whether the disk has as good as nothing left."""
        return self.free_bytes() < _NOTHING

    def set_aside(self) -> bool:
        """Take the space, if the disk has as much again; return whether it is taken."""
        if not self.size:
            return True
        self.low = True
        if self.free_bytes() >= 2 * self.size:
            try:
                fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
                try:
                    os.posix_fallocate(fd, 0, self.size)
                finally:
                    os.close(fd)
                self.low = False
            except OSError:
                self.give_free()
        return not self.low

    def give_free(self) -> bool:
        """Give the space free; return whether there was some to give."""
        self.low = bool(self.size)
        return self.clear()

    def clear(self) -> bool:
        """Remove the file, which says nothing of the disk; return whether there was space in it."""
        try:
            given = self._path.stat().st_size > 0
            self._path.unlink()
        except OSError:
            return False
        return given
