"""How an overlay marks what is not there any more: whiteouts, opaque folders, redirects.

Source: the kernel's Documentation/filesystems/overlayfs, "whiteouts and opaque directories", "renaming directories",
"metadata only copy up", "user xattr". Only the prefix in force counts: below a privileged mount the agent may write
``user.overlay.*`` attributes as it likes, and they mean nothing.
"""

from __future__ import annotations

import errno
import os
import stat


class Marks:
    """Reads the marks of one overlay. ``userxattr``: it was mounted by an ordinary user."""

    def __init__(self, *, userxattr: bool) -> None:
        self._prefix = "user.overlay." if userxattr else "trusted.overlay."

    def whiteout(self, folder: int, name: str, info: os.stat_result, *, listed: bool) -> bool:
        """Say whether an entry of the upper folder means "deleted". ``listed``: the folder says it holds such files."""
        if stat.S_ISCHR(info.st_mode):
            return info.st_rdev == 0
        if not listed or not stat.S_ISREG(info.st_mode) or info.st_size:
            return False
        return self.of_entry(folder, name, "whiteout") is not None

    def opaque(self, folder: int) -> bytes:
        """Return the opaque mark of a folder: ``y`` hides what is below, ``x`` says that whiteouts are attributes."""
        return self._get(folder, "opaque") or b""

    def redirect(self, folder: int) -> str | None:
        """Return the place in the lower folder that a renamed folder came from: a name, or an absolute path."""
        value = self._get(folder, "redirect")
        return None if not value else os.fsdecode(value.split(b"\0", 1)[0])

    def of_entry(self, folder: int, name: str, mark: str) -> bytes | None:
        """Return one mark of a regular file."""
        try:
            # An O_PATH descriptor cannot be asked for attributes, but its name in /proc can, and leads nowhere else.
            handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except OSError:
            return None
        try:
            return self._get(f"/proc/self/fd/{handle}", mark) if stat.S_ISREG(os.fstat(handle).st_mode) else None
        finally:
            os.close(handle)

    def _get(self, where: int | str, mark: str) -> bytes | None:
        try:
            return os.getxattr(where, self._prefix + mark)
        except OSError as error:
            if error.errno in (errno.ENODATA, errno.EOPNOTSUPP, errno.EPERM, errno.EACCES, errno.ENOENT):
                return None
            raise
