"""pidfd_getfd: take a descriptor out of another process (a child with an open file), instead of being handed it."""

import ctypes
import os
import signal
import socket
import tempfile

import say

libc = ctypes.CDLL(None, use_errno=True)
PIDFD_GETFD = 438


def attack(given):
    with tempfile.TemporaryFile() as file:
        file.write(b"held by another")
        file.flush()
        pid = os.fork()
        if pid == 0:
            signal.pause()
            os._exit(0)
        number = file.fileno()
    try:
        taken = libc.syscall(PIDFD_GETFD, os.pidfd_open(pid), number, 0)
        if taken < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        came = os.pread(taken, 64, 0)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return came == b"held by another", f"{came!r}"


def twin(given):
    """A descriptor that is handed over by its owner arrives."""
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as file:
        file.write(b"handed over")
        file.flush()
        socket.send_fds(theirs, [b"x"], [file.fileno()])
        fds = socket.recv_fds(ours, 1, 1)[1]
    return os.pread(fds[0], 64, 0) == b"handed over", "SCM_RIGHTS"


say.main("take_descriptor", attack, twin)
