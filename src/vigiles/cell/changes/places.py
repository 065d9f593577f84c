"""Places in a work directory: opened, looked at and filled relative to descriptors, never through a symbolic link.

What a person approved for one path must not land on another because a folder on the way was swapped for a link, so every
component is opened in the one before it (:mod:`vigiles.kernel.paths`), and what is written is made beside its place and
renamed into it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vigiles.cell.changes.held_files import LARGEST, Hold
from vigiles.kernel import paths
from vigiles.model.plain import text

_BLOCK, _DEPTH = 1 << 18, 256


def open_below(root: int, path: str) -> int:
    """Open a folder below ``root``. Raises Hold if what stands there is a link or missing, OSError else."""
    try:
        return paths.open_below(root, path)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENOENT):
            raise Hold("not_a_folder", shown(error.filename or path)) from error
        raise


def open_handle(root: int, path: str) -> int:
    """Return a descriptor that stands for whatever is at ``path`` below ``root``. Raises Hold, OSError."""
    above, name = os.path.split(path)
    folder = open_below(root, above)
    try:
        return paths.open_handle(folder, name)
    finally:
        os.close(folder)


def look(parent: int, name: str) -> os.stat_result | None:
    """Return lstat of an entry, None if there is none. Raises OSError."""
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


@contextmanager
def beside(parent: int, name: str) -> Iterator[str]:
    """Give a new name in ``parent``; what was made there takes the place of ``name`` at the end, or goes on any error."""
    new = f".vigiles-{secrets.token_hex(8)}"
    try:
        yield new
        os.rename(new, name, src_dir_fd=parent, dst_dir_fd=parent)
    except BaseException:
        with suppress(OSError):
            os.unlink(new, dir_fd=parent)
        raise


def fingerprint(root: int, path: str) -> str:
    """Return what stands at ``path`` below ``root``, in one word: two equal words mean that it is the same still.

    ``nothing``; ``file:`` and ``link:`` with the SHA-256 of content or target; ``folder:`` with all names below and when
    each was changed; ``other:`` and ``large:`` (a file beyond what is ever kept) with what tells one from another unread. A
    place below a link, or below what is no folder, is ``unreachable``. Raises OSError.
    """
    above, name = os.path.split(path)
    try:
        parent = open_below(root, above)
    except Hold as hold:
        missing = isinstance(hold.__cause__, OSError) and hold.__cause__.errno == errno.ENOENT
        return "nothing" if missing else "unreachable"
    try:
        handle = paths.open_handle(parent, name)
    except FileNotFoundError:
        return "nothing"
    finally:
        os.close(parent)
    try:
        return _fingerprint(handle)
    finally:
        os.close(handle)


def link_fingerprint(target: str) -> str:
    """Return the fingerprint of a symbolic link to ``target``."""
    return f"link:{hashlib.sha256(os.fsencode(target)).hexdigest()}"


def shown(path: str) -> str:
    """Return a path as text that a record can carry."""
    return text(os.fsencode(path))


def _fingerprint(handle: int) -> str:
    info = os.fstat(handle)
    if stat.S_ISLNK(info.st_mode):
        return link_fingerprint(os.readlink("", dir_fd=handle))
    if stat.S_ISDIR(info.st_mode):
        return f"folder:{info.st_dev}.{info.st_ino}.{_inside(handle)}"
    if not stat.S_ISREG(info.st_mode):
        return f"other:{info.st_dev}.{info.st_ino}"
    if info.st_size > LARGEST:
        return f"large:{info.st_ino}.{info.st_size}.{info.st_mtime_ns}.{info.st_ctime_ns}"
    file = paths.open_regular(handle)
    try:
        hasher = hashlib.sha256()
        while block := os.read(file, _BLOCK):
            hasher.update(block)
        return f"file:{hasher.hexdigest()}"
    finally:
        os.close(file)


def _inside(handle: int) -> str:
    """Return a digest of what is below a folder: names, kinds, sizes and times, no contents. Links are not followed."""
    hasher = hashlib.sha256()

    def walk(folder: int, depth: int) -> None:
        for name in sorted(os.listdir(folder)):
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            told = (name, info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns)
            hasher.update(repr(told).encode("utf-8", "surrogateescape"))
            if stat.S_ISDIR(info.st_mode) and depth < _DEPTH:
                below = paths.open_folder(folder, name)
                try:
                    walk(below, depth + 1)
                finally:
                    os.close(below)
            hasher.update(b".")

    top = paths.open_folder(handle, ".")
    try:
        walk(top, 0)
    finally:
        os.close(top)
    return hasher.hexdigest()
