"""Reading folders and files that somebody hostile is changing: relative to descriptors, never through a link.

Source: open(2) O_NOFOLLOW, O_PATH; fcntl(2) leases (O_NONBLOCK keeps an open from waiting for a lease holder).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter

from vigiles.sensors.change import Limits, signature

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_BLOCK = 1 << 18


def open_folder(parent: int, name: str) -> int | None:
    """Return a descriptor of a folder in ``parent``; None if there is none that can be read (a link is none)."""
    try:
        return os.open(name, _FOLDER, dir_fd=parent)
    except OSError:
        return None


def open_below(root: int, path: str) -> int | None:
    """Return a descriptor of the folder ``path`` below ``root``, no component of which may be a link or ``..``."""
    here = os.dup(root)
    for name in path.split("/"):
        if name in ("", "."):
            continue
        below = None if name == ".." else open_folder(here, name)
        os.close(here)
        if below is None:
            return None
        here = below
    return here


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


class Look:
    """One look: what it may still spend, and what it had to leave out (``gaps``: what, how often)."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.gaps: Counter[str] = Counter()
        self._entries = limits.entries
        self._bytes = limits.look_bytes

    def entries(self, folder: int) -> dict[str, os.stat_result]:
        """Return name -> lstat of what is in a folder. Entries that vanish are left out; too many are a gap."""
        found: dict[str, os.stat_result] = {}
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    if self._entries <= 0:
                        self.gaps["entries beyond the limit"] += 1
                        break
                    self._entries -= 1
                    try:
                        found[entry.name] = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
        except OSError:
            self.gaps["folders that could not be read"] += 1
        return found

    def too_deep(self, depth: int) -> bool:
        """Say whether to stay out of a folder, and count it."""
        if depth < self.limits.depth:
            return False
        self.gaps["folders nested too deeply"] += 1
        return True

    def digest(self, parent: int, name: str) -> tuple[str | None, bool]:
        """Return (SHA-256 of a regular file or None, whether it stood still meanwhile).

        None: not a regular file, longer than the limit, out of budget, not readable, or changing while it was read.
        """
        try:
            handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        except OSError:
            return None, False
        try:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode) or before.st_size > self.limits.digest_limit:
                return None, True
            if before.st_size > self._bytes:
                self.gaps["digests beyond the budget of one look"] += 1
                return None, True
            # What the handle is cannot change any more, so this opens a regular file and nothing else.
            file = os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
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
