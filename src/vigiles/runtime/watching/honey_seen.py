"""Honey tokens in what a call leaves behind: its output, and files of the work directory that it wrote. Bounded everywhere.

The files that hold the tokens lie in the cell's own home and not in the work directory, so they are never looked at.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Sequence

from vigiles.model.honey import HoneyPlaced
from vigiles.protocols.honey import found
from vigiles.sensors.change import Change

#: Of a stream the beginning and the end are looked through, so many bytes of each.
_ENDS = 256 << 10
#: Files of one look, bytes of one file's beginning, seconds.
_FILES, _BYTES, _SECONDS = 64, 256 << 10, 0.05


def in_output(placed: HoneyPlaced, streams: Sequence[bytes | bytearray]) -> list[str]:
    """Return the names of the tokens that stand in what a call wrote, in their order."""
    names: list[str] = []
    for data in streams:
        whole = bytes(data) if len(data) <= 2 * _ENDS else bytes(data[:_ENDS]) + b"\n" + bytes(data[-_ENDS:])
        names += found(whole, placed.tokens, bytes.fromhex(placed.salt))
    return list(dict.fromkeys(names))


def in_files(placed: HoneyPlaced, root: int, changes: Iterable[Change]) -> dict[str, list[str]]:
    """Return which tokens stand in which of the files that changed below descriptor ``root``, by path."""
    until = time.monotonic() + _SECONDS
    marked: dict[str, list[str]] = {}
    read = 0
    for change in changes:
        if change.kind != "file" or change.change == "deleted" or not change.size:
            continue
        if read >= _FILES or time.monotonic() > until:
            break
        read += 1
        names = found(_beginning(root, change.path), placed.tokens, bytes.fromhex(placed.salt))
        if names:
            marked[change.path] = names
    return marked


def _beginning(root: int, path: str) -> bytes:
    """Return a file's first bytes, nothing where it is gone or no file any more. No link of the cell's is followed."""
    folder = os.dup(root)
    try:
        *above, name = path.split("/")
        for part in above:
            below = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = below
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            return os.read(fd, _BYTES) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
        finally:
            os.close(fd)
    except OSError:
        return b""
    finally:
        os.close(folder)
