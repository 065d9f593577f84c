"""Unix sockets with a name in the state directory: there only when they answer, whatever the length of its path."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path


def listen(path: Path, backlog: int = 8) -> socket.socket:
    """Return a socket that listens at ``path``. It has its name when it answers: who finds one that does not takes its owner
    for dead. The folder is made, for its owner only. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with _Short(new) as name:
            sock.bind(name)
        sock.listen(backlog)
        new.rename(path)
    except BaseException:
        sock.close()
        raise
    return sock


def connect(path: Path) -> socket.socket | None:
    """Return a connection to whoever listens there; None if nobody does any more. Raises OSError if that is not known."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _Short(path) as name:
            sock.connect(name)
    except (ConnectionRefusedError, FileNotFoundError):
        sock.close()
        return None
    except BaseException:
        sock.close()
        raise
    return sock


def peer(sock: socket.socket) -> tuple[int, int]:
    """Return the pid and uid at the other end, as the kernel knows them since they connected, or listened."""
    pid, uid, _ = struct.unpack("iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid, uid


class _Short:
    """A name for a socket path that fits into sockaddr_un whatever the length of the home's path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def __enter__(self) -> str:
        self._fd = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._fd}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
