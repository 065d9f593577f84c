"""Making names durable: a new file is sure to be found after the power went only once its folder was synced too."""

from __future__ import annotations

import errno
import os
from pathlib import Path

#: What file systems say that cannot sync a folder, or do so by themselves.
_CANNOT = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EBADF)


def sync_folder(path: Path) -> None:
    """Return when the names in folder ``path`` are on the disk. Raises OSError.

    A folder that may not be read, or whose file system has no such call, is left as it is.
    """
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        return
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(folder)


def make_folders(path: Path, mode: int) -> None:
    """Make folder ``path`` and those above it that are missing, each durably. Raises OSError."""
    if path.is_dir():
        return
    make_folders(path.parent, mode)
    path.mkdir(mode=mode, exist_ok=True)
    sync_folder(path.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of a file, whole or not at all, for the owner only, and durably. Raises OSError.

    The folder is there, and nobody else replaces the same file meanwhile.
    """
    temporary = path.with_suffix(".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)
