"""Is this the cell's own? Asked of TCP ports that somebody listens on, and of files by where they lie."""

from __future__ import annotations

import os
from typing import Literal

from vigiles.kernel import processes, socktable
from vigiles.kernel.effort import Effort, Exhausted

#: Threads, descriptors and rows that are looked at for one question: about a tenth of a second's work.
_MOST = 20_000


def listened(init: int, port: int) -> Literal["nobody", "own", "foreign"]:
    """Say who listens on a TCP port of any address: nobody, only processes below ``init``, or somebody else (too).

    What would take too much work to find out counts as foreign.
    """
    effort = Effort(_MOST)
    try:
        wanted = {
            row.inode
            for six in (False, True)
            for row in socktable.table(init, "tcp", six=six, port=port, effort=effort)
            if row.remote[1] == 0
        }
        if not wanted:
            return "nobody"
        for pid in processes.descendants(init, effort):
            wanted -= set(processes.sockets(pid, effort).values())
            if not wanted:
                return "own"
    except Exhausted:
        pass
    return "foreign"


def lies_below(fd: int, folders: list[str]) -> bool:
    """Say whether what a descriptor leads to lies in one of these folders (real paths), or is one of them, now."""
    try:
        path = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return False
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)
