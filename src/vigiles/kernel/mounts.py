"""Mounts: bind, tmpfs, attributes, pivot.

Source: mount(2), mount_setattr(2), pivot_root(2).
"""

from __future__ import annotations

import ctypes
import os
import struct

from vigiles.kernel import syscall

RDONLY, NOSUID, NODEV, NOEXEC = 1, 2, 4, 8
REMOUNT, BIND, REC, PRIVATE, SLAVE = 32, 4096, 16384, 1 << 18, 1 << 19
MNT_DETACH = 2
_AT_FDCWD = -100
_AT_EMPTY_PATH = 0x1000
_AT_RECURSIVE = 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV, _ATTR_NOEXEC, _ATTR_IDMAP = 1, 2, 4, 8, 0x0010_0000
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_F_EMPTY_PATH = 4


def mount(source: str | None, target: str, kind: str | None, flags: int = 0, data: str | None = None) -> None:
    """mount(2). Raises OSError whose filename is the target."""

    def text(value: str | None) -> bytes | None:
        return None if value is None else os.fsencode(value)

    result = syscall.libc.mount(text(source), text(target), text(kind), ctypes.c_ulong(flags), text(data))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"mount {kind or 'bind'} {source}: {os.strerror(error)}", target)


def private_tree() -> None:
    """Stop mount events between this namespace and its parent."""
    mount(None, "/", None, REC | PRIVATE)


def bind(source: str, target: str, *, recursive: bool = True) -> None:
    """Show ``source`` at ``target``."""
    mount(source, target, None, BIND | (REC if recursive else 0))


def restrict(target: str, *, rdonly: bool = True, noexec: bool = False, nodev: bool = True, recursive: bool = True) -> None:
    """Make the mount at ``target`` nosuid, and read-only, nodev, noexec as asked (mount_setattr(2)).

    ``recursive``: and all mounts below it.
    """
    attributes = _ATTR_NOSUID
    attributes |= _ATTR_RDONLY if rdonly else 0
    attributes |= _ATTR_NODEV if nodev else 0
    attributes |= _ATTR_NOEXEC if noexec else 0
    packed = struct.pack("QQQQ", attributes, 0, 0, 0)
    syscall.call("mount_setattr", _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE if recursive else 0, packed, 32)


def bind_idmapped(source: str, target: str, user_namespace: int, *, recursive: bool = True) -> None:
    """Show ``source`` at ``target`` with its owners mapped by the user namespace ``user_namespace`` (an fd); root only.

    ``recursive``: with the mounts below it. Raises OSError whose filename is the source.
    """
    below = _AT_RECURSIVE if recursive else 0
    try:
        tree = syscall.call("open_tree", _AT_FDCWD, os.fsencode(source), _OPEN_TREE_CLONE | os.O_CLOEXEC | below)
        try:
            attributes = _ATTR_IDMAP | _ATTR_NOSUID | _ATTR_NODEV
            packed = struct.pack("QQQQ", attributes, 0, 0, user_namespace)
            syscall.call("mount_setattr", tree, b"", _AT_EMPTY_PATH | below, packed, 32)
            syscall.call("move_mount", tree, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH)
        finally:
            os.close(tree)
    except OSError as error:
        raise OSError(error.errno, error.strerror, source) from error


def unmount(target: str) -> None:
    """Detach the mount at ``target`` now; it goes when nobody uses it any more."""
    syscall.call("umount2", os.fsencode(target), MNT_DETACH)


def pivot(new_root: str) -> None:
    """Make ``new_root`` (a mount point) the root and drop the old one out of sight (pivot_root(".", "."))."""
    os.chdir(new_root)
    syscall.call("pivot_root", b".", b".")
    unmount(".")
    os.chdir("/")
