"""What tier U- needs beside Landlock and seccomp: signals kept in, and the callers' own sockets in our hands."""

from __future__ import annotations

import os
import signal
import socket

from vigiles.cell.bare.init import LEAST_ABI
from vigiles.kernel import landlock, processes
from vigiles.runtime.doctor.child import fork, in_child
from vigiles.runtime.doctor.row import Row, tried


def bare_rows() -> list[Row]:
    """Return a row for Landlock's scopes and one for taking a child's socket, as the notifier does."""
    version = landlock.abi()
    scopes = None if version >= LEAST_ABI else f"ABI {version}, {LEAST_ABI} is needed"
    why = "without a pid namespace: no signal leaves the cell"
    rows = [tried("Landlock scopes", scopes, why, "Linux 6.12 or newer (only tier U- needs it)", None, f"ABI {version}")]
    error = in_child(_take, drop=False)[1]
    more = "in a container, allow pidfd_getfd (with Docker: --cap-add SYS_PTRACE, or a seccomp profile that has it)"
    rows.append(tried("taking callers' sockets", error, "connects, binds and listens on behalf", more, "U-"))
    return rows


def _take() -> str:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    ready, told = os.pipe()
    pid = fork(lambda: _hold(told))
    os.close(told)
    try:
        os.read(ready, 1)
        held = os.pidfd_open(pid)
        os.close(processes.take_descriptor(held, sock.fileno()))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return ""


def _hold(told: int) -> str:
    os.write(told, b"x")
    signal.pause()
    return ""
