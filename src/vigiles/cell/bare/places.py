"""What a cell of tier U- may read and write, by Landlock alone: everything else is there to be named, but not opened."""

from __future__ import annotations

import os

from vigiles.cell import trust
from vigiles.cell.spec import CellSpec
from vigiles.kernel import landlock

#: Where programs, their libraries and their settings live.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")


def temporary(cell: CellSpec) -> str:
    """Return the folder for temporary files."""
    return f"{cell.private}/tmp"


def writable(cell: CellSpec) -> list[str]:
    """Return the folders in which the cell may write, as real paths."""
    work = [cell.workdir] if cell.workdir_mode != "read_only" else []
    return [os.path.realpath(path) for path in (*work, cell.home, temporary(cell), *cell.write)]


def rules(cell: CellSpec) -> list[tuple[str, int]]:
    """Return the Landlock rules. /proc is read-only: what can be written there can change processes outside."""
    return [
        *((path, landlock.READ) for path in (*SYSTEM, *cell.read, cell.workdir)),
        *([(trust.folder(cell), landlock.READ)] if cell.trust is not None else []),
        *((path, landlock.WRITE) for path in writable(cell)),
        *((path, landlock.DEVICE) for path in DEVICES),
        ("/proc", landlock.READ),
    ]
