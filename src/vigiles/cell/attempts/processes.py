"""Ways to other processes and into the kernel."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
from functools import partial

from vigiles.cell.attempt import Attempt, NotStopped
from vigiles.cell.attempts.deeds import libc, open_file
from vigiles.kernel import bpf, listener, syscall

_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_PTRACE_ATTACH = 16

_EPERM = frozenset({errno.EPERM})
_ABSENT = frozenset({errno.ENOSYS})
_NO_LOOK = frozenset({errno.EACCES, errno.EPERM})


def _second_listener() -> None:
    program = bpf.Program()
    program.give(bpf.ALLOW)
    os.close(listener.install(program.packed(), listen=True))


def _take_descriptor() -> None:
    pidfd = os.pidfd_open(1)
    try:
        os.close(syscall.call("pidfd_getfd", pidfd, 0, 0))
    finally:
        os.close(pidfd)


def _terminal(request: int) -> None:
    with open("/dev/null", "rb") as file:
        fcntl.ioctl(file, request, b"x")


def _signal_init() -> None:
    """The kernel takes these signals and drops them: process 1 is deaf to its namespace. What counts is that it lives."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        os.kill(1, number)
    with open("/proc/1/stat", "rb") as file:
        state = file.read().rpartition(b")")[2].split()[0]
    if state in (b"T", b"Z", b"X"):
        raise NotStopped(f"process 1 is in state {state.decode()}")
    raise OSError(errno.EPERM, "dropped")


def _capabilities() -> None:
    header = ctypes.create_string_buffer(b"\x22\x05\x08\x20" + bytes(4))
    data = ctypes.create_string_buffer(b"\xff" * 8 + bytes(16))
    libc("capset", header, data)


_call = syscall.call

OTHER_UID = Attempt("become uid 0", partial(os.setuid, 0), frozenset({errno.EPERM, errno.EINVAL}))

PROCESSES = (
    Attempt("read /proc/1/environ", partial(open_file, "/proc/1/environ"), _NO_LOOK),
    Attempt("read /proc/1/mem", partial(open_file, "/proc/1/mem", os.O_RDWR), _NO_LOOK),
    Attempt("look through /proc/1/root", partial(open_file, "/proc/1/root/etc/passwd"), _NO_LOOK),
    Attempt("ptrace process 1", partial(_call, "ptrace", _PTRACE_ATTACH, 1, 0, 0), _EPERM),
    Attempt("process_vm_readv", partial(_call, "process_vm_readv", 1, None, 0, None, 0, 0), _EPERM),
    Attempt("pidfd_getfd", _take_descriptor, _EPERM),
    Attempt("signal process 1", _signal_init, _EPERM),
    Attempt("second listener", _second_listener, frozenset({errno.EBUSY})),
    Attempt("regain capabilities", _capabilities, _EPERM),
    OTHER_UID,
    Attempt("clone3", partial(_call, "clone3", None, 0), _ABSENT),
    Attempt("io_uring_setup", partial(_call, "io_uring_setup", 1, None), _ABSENT),
    Attempt("keyctl", partial(_call, "keyctl", 0, -3, 0), _EPERM),
    Attempt("bpf", partial(_call, "bpf", 0, None, 0), _EPERM),
    Attempt("perf_event_open", partial(_call, "perf_event_open", None, 0, -1, -1, 0), _EPERM),
    Attempt("userfaultfd", partial(_call, "userfaultfd", 1), _EPERM),
    Attempt("TIOCSTI", partial(_terminal, _TIOCSTI), _EPERM),
    Attempt("TIOCLINUX", partial(_terminal, _TIOCLINUX), _EPERM),
)
