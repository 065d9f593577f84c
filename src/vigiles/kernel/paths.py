"""Opening what lies below a folder that somebody hostile is changing: relative to descriptors, never through a link.

A path given as one string is walked by the kernel, which follows every symbolic link but the last. Here each component is
opened in the folder before it, so a name swapped for a link is an error and never a way out. Whatever else stands at a name
(a FIFO that blocks, a device that acts when opened) is told from a file before it is opened.

Source: openat2(2) RESOLVE_NO_SYMLINKS; open(2) O_NOFOLLOW, O_PATH; fcntl(2) leases (O_NONBLOCK keeps an open from waiting
for a lease holder); proc(5) for /proc/PID/fd. The errno of a way out is that of RESOLVE_BENEATH in openat2(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct

from vigiles.kernel import syscall

_AT_FDCWD = -100
_NO_MAGICLINKS, _NO_SYMLINKS = 2, 4
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NotRegular(OSError):
    """What stands there is no regular file, so it was not opened."""


def open_unlinked(path: str) -> int:
    """Return an O_PATH descriptor of the folder ``path``, no part of which is a symbolic link.

    Raises OSError (ELOOP: a part is one) whose filename is the path. Unlike one component at a time this needs no more than
    the right to pass each folder.
    """
    how = ctypes.create_string_buffer(
        struct.pack("QQQ", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, 0, _NO_SYMLINKS | _NO_MAGICLINKS), 24
    )
    try:
        return syscall.call("openat2", _AT_FDCWD, os.fsencode(path), how, 24)
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or errno.EIO), path) from error


def open_folder(parent: int, name: str) -> int:
    """Return a descriptor of the folder ``name`` in ``parent``. Raises OSError (ENOTDIR or ELOOP: a link or no folder)."""
    return os.open(name, _FOLDER, dir_fd=parent)


def open_below(root: int, path: str) -> int:
    """Return a descriptor of the folder ``path`` below ``root``, one component at a time; ``root`` itself if it is empty.

    Raises OSError whose filename is the component: as :func:`open_folder`, and EXDEV for ``..``.
    """
    here = os.dup(root)
    for name in path.split("/"):
        if name in ("", "."):
            continue
        try:
            if name == "..":
                raise OSError(errno.EXDEV, "the path leads out of its folder", name)
            below = open_folder(here, name)
        finally:
            os.close(here)
        here = below
    return here


def open_handle(parent: int, name: str) -> int:
    """Return a descriptor that stands for whatever ``name`` is, a link included, without opening it. Raises OSError."""
    return os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def open_regular(handle: int) -> int:
    """Return a descriptor for reading of the regular file that ``handle`` stands for. Raises OSError, NotRegular.

    What a handle stands for cannot change any more, so this opens that file and nothing else, whatever its name is now.
    """
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise NotRegular(errno.EINVAL, "not a regular file")
    return os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
