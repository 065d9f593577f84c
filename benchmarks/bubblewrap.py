"""The reference: a strict bubblewrap, and one timed run of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import which

from vigiles.model.errors import InputInvalid

#: The programs' search path, the same inside bubblewrap and inside a cell: each entry tried is an exec.
PATH = "/usr/local/bin:/usr/bin:/bin"


def require() -> None:
    """Raise :class:`InputInvalid` where bubblewrap is not installed."""
    if which("bwrap") is None:
        raise InputInvalid("bubblewrap is the reference and is not installed", "Install the package bubblewrap.")


def strict(workdir: Path, command: Sequence[str]) -> list[str]:
    """Return the argv of ``command`` in new namespaces of every kind, a bare environment and a read-only system."""
    links = [
        word
        for name in ("bin", "sbin", "lib", "lib32", "lib64")
        if os.path.islink(f"/{name}")
        for word in ("--symlink", os.readlink(f"/{name}"), f"/{name}")
    ]
    prefix = sys.base_prefix
    python = [] if prefix.startswith("/usr") else ["--ro-bind", prefix, prefix]
    return [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"),
        *("--setenv", "PATH", PATH, "--setenv", "HOME", "/tmp", "--setenv", "LANG", "C.UTF-8"),
        *("--ro-bind", "/usr", "/usr", *links, "--ro-bind", "/etc", "/etc", *python),
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        *("--bind", str(workdir), str(workdir), "--chdir", str(workdir), "--", *command),
    ]


async def seconds(workdir: Path, command: Sequence[str]) -> float:
    """Return the wall seconds of one run from its start to its end."""
    await asyncio.sleep(0)
    start = time.perf_counter()
    subprocess.run(strict(workdir, command), check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def output(workdir: Path, command: Sequence[str]) -> bytes:
    """Return what one run wrote to its standard output."""
    return subprocess.run(strict(workdir, command), check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
