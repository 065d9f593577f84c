"""What attempts of several kinds do."""

from __future__ import annotations

import ctypes
import os
import socket

from vigiles.kernel import syscall


def create(folder: str) -> None:
    """Make a new file there, and remove it. Raises OSError."""
    path = f"{folder}/.vigiles-probe-{os.getpid()}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.unlink(path)


def open_file(path: str, flags: int = os.O_RDONLY) -> None:
    """Open and close it. Raises OSError."""
    os.close(os.open(path, flags))


def make_socket(family: int, kind: int, protocol: int = 0) -> None:
    """Make a socket and close it. Raises OSError."""
    socket.socket(family, kind, protocol).close()


def libc(name: str, *args: object) -> None:
    """Call a function of the C library that answers below zero for an error. Raises OSError."""
    if getattr(syscall.libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)
