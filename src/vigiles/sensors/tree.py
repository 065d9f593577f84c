"""Reading folders and files that somebody hostile is changing, where what vanished or cannot be read is no error but a None
or a counted gap.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections import Counter

from vigiles.kernel import paths
from vigiles.sensors.change import Limits, signature

_BLOCK = 1 << 18
_BEYOND, _UNREADABLE, _DEEP = "entries beyond the limit", "folders that could not be read", "folders nested too deeply"


def open_folder(parent: int, name: str) -> int | None:
    """Return a descriptor of a folder in ``parent``; None if there is none that can be read (a link is none)."""
    try:
        return paths.open_folder(parent, name)
    except OSError:
        return None


def open_below(root: int, path: str) -> int | None:
    """Return a descriptor of the folder ``path`` below ``root``; None if any component is a link, ``..`` or missing."""
    try:
        return paths.open_below(root, path)
    except OSError:
        return None


def look_at(parent: int | None, name: str) -> os.stat_result | None:
    """Return lstat of an entry; None if there is none."""
    if parent is None:
        return None
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except OSError:
        return None


def link_target(parent: int, name: str) -> str | None:
    """Return where a symbolic link points; None if it is gone."""
    try:
        return os.readlink(name, dir_fd=parent)
    except OSError:
        return None


def gone(root: int, path: str) -> bool:
    """Say whether nothing stands at ``path`` below ``root`` any more; no, where that cannot be looked at."""
    folder, name = os.path.split(path)
    try:
        parent = paths.open_below(root, folder)
    except OSError as error:
        return error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except OSError as error:
        return error.errno == errno.ENOENT
    finally:
        os.close(parent)
    return False


class Look:
    """One look: what it may still spend, and what it had to leave out (``gaps``: what, how often)."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.gaps: Counter[str] = Counter()
        self._entries = limits.entries
        self._bytes = limits.look_bytes

    @property
    def partial(self) -> bool:
        """Whether some folder was not listed whole, so that what was not met may stand there all the same."""
        return any(self.gaps[what] for what in (_BEYOND, _UNREADABLE, _DEEP))

    def unreadable(self) -> None:
        """Count a folder that could not be entered."""
        self.gaps[_UNREADABLE] += 1

    def entries(self, folder: int) -> dict[str, os.stat_result]:
        """Return name -> lstat of what is in a folder. Entries that vanish are left out; too many are a gap."""
        found: dict[str, os.stat_result] = {}
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    if self._entries <= 0:
                        self.gaps[_BEYOND] += 1
                        break
                    self._entries -= 1
                    try:
                        found[entry.name] = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
        except OSError:
            self.unreadable()
        return found

    def too_deep(self, depth: int) -> bool:
        """Say whether to stay out of a folder, and count it."""
        if depth < self.limits.depth:
            return False
        self.gaps[_DEEP] += 1
        return True

    def digest(self, parent: int, name: str) -> tuple[str | None, bool]:
        """Return (SHA-256 of a regular file or None, whether it stood still meanwhile).

        None: not a regular file, longer than the limit, out of budget, not readable, or changing while it was read.
        """
        try:
            handle = paths.open_handle(parent, name)
        except OSError:
            return None, False
        try:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode) or before.st_size > self.limits.digest_limit:
                return None, True
            if before.st_size > self._bytes:
                self.gaps["digests beyond the budget of one look"] += 1
                return None, True
            file = paths.open_regular(handle)
        except OSError:
            self.gaps["files that could not be read"] += 1
            return None, False
        finally:
            os.close(handle)
        try:
            text, read = self._hash(file)
            still = text is not None and read == before.st_size and signature(os.fstat(file)) == signature(before)
        except OSError:
            text, still = None, False
        finally:
            os.close(file)
        if not still:
            self.gaps["files that changed while they were read"] += 1
        return (text if still else None), still

    def _hash(self, file: int) -> tuple[str | None, int]:
        hasher, read = hashlib.sha256(), 0
        while block := os.read(file, _BLOCK):
            read += len(block)
            self._bytes -= len(block)
            if read > self.limits.digest_limit:
                return None, read
            hasher.update(block)
        return hasher.hexdigest(), read
