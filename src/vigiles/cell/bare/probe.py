"""The self-probe of tier U-: what must fail there, really tried inside a new cell; see :mod:`vigiles.cell.probe`.

What a cell of this tier cannot stop is not tried: it stands in the cell's record, and `vigiles doctor` lists it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from functools import partial

import msgspec

from vigiles.cell.attempt import Attempt, attempt
from vigiles.cell.attempts.deeds import create, make_socket
from vigiles.cell.bare.numbers import NUMBERS
from vigiles.cell.probe import FULL
from vigiles.kernel import syscall
from vigiles.kernel.syscall import here

_NO = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_EPERM = frozenset({errno.EPERM})
_NO_FAMILY = frozenset({errno.EAFNOSUPPORT})
_NOT_SUPPORTED = frozenset({errno.ENOTSUP})
_PTRACE_ATTACH = 16
#: Tried in every cell with the same words: they stand in the program of every tier.
_SHARED = frozenset(
    {
        "TCP connect outside", "TCP connect outside over IPv6", "MPTCP socket", "TCP Fast Open by sendto",
        "TCP Fast Open by sendmsg", "TCP_FASTOPEN_CONNECT", "TCP upper layer protocol", "packet socket", "vsock socket",
        "kernel crypto socket", "unshare a user namespace", "clone into a user namespace", "setns", "mount", "open_tree",
        "fsopen", "move_mount", "mount_setattr", "name_to_handle_at", "open_by_handle_at", "second listener",
        "regain capabilities", "become uid 0", "clone3", "io_uring_setup", "keyctl", "bpf", "perf_event_open", "userfaultfd",
        "TIOCSTI", "TIOCLINUX", "int 0x80", "x32",
    }
)  # fmt: skip


def _open_above(name: str) -> None:
    """Open what /proc shows of our keeper, which has our uid and stands outside every Landlock domain."""
    os.close(os.open(f"/proc/{os.getppid()}/{name}", os.O_RDONLY))


def _signal_above() -> None:
    os.kill(os.getppid(), 0)


def _trace_above() -> None:
    syscall.call("ptrace", _PTRACE_ATTACH, os.getppid(), 0, 0)


def _abstract(bind: bool) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        (sock.bind if bind else sock.connect)(f"\0vigiles-probe-{os.getpid()}")


def _listen_everywhere(bound: bool) -> None:
    """Ask to listen on all addresses: it must be loopback that we get."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        if bound:
            sock.bind(("0.0.0.0", 0))
        sock.listen(1)
        if sock.getsockname()[0] == "127.0.0.1":
            raise OSError(errno.EACCES, "loopback only")


def _option(level: int, name: int, value: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(level, name, value)


def _raw(name: str, *arguments: int | bytes | None) -> None:
    """Make a system call by the number that only this tier knows."""
    number = NUMBERS[here().machine][name]
    if syscall.libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


_OWN = (
    Attempt("UDP socket", partial(make_socket, socket.AF_INET, socket.SOCK_DGRAM), _NO),
    Attempt("UDP socket over IPv6", partial(make_socket, socket.AF_INET6, socket.SOCK_DGRAM), _NO),
    Attempt("raw socket", partial(make_socket, socket.AF_INET, socket.SOCK_RAW, 1), _NO),
    Attempt("Unix datagram socket", partial(make_socket, socket.AF_UNIX, socket.SOCK_DGRAM), _NO),
    Attempt("Unix raw socket", partial(make_socket, socket.AF_UNIX, socket.SOCK_RAW), _NO),
    Attempt("netlink socket", partial(make_socket, socket.AF_NETLINK, socket.SOCK_DGRAM), _NO_FAMILY),
    Attempt("connect to an abstract socket", partial(_abstract, False), _NO),
    Attempt("bind an abstract socket", partial(_abstract, True), _NO),
    Attempt("listen on all addresses", partial(_listen_everywhere, True), _NO),
    Attempt("listen without an address", partial(_listen_everywhere, False), _NO),
    Attempt("bind a socket to a device", partial(_option, socket.SOL_SOCKET, 25, b"lo\0"), _EPERM),
    Attempt("source route", partial(_option, socket.IPPROTO_IP, 4, bytes([131, 7, 4, 203, 0, 113, 1, 0])), _EPERM),
    *(
        Attempt(f"write in {folder}", partial(create, folder), _NO)
        for folder in ("/etc", "/usr", "/dev", "/dev/shm", "/tmp")
    ),
    *(Attempt(f"list {folder}", partial(os.listdir, folder), _NO) for folder in ("/", "/tmp", "/dev")),
    Attempt("write /proc/self/oom_score_adj", partial(os.open, "/proc/self/oom_score_adj", os.O_WRONLY), _NO),
    Attempt("read the keeper's environment", partial(_open_above, "environ"), _NO),
    Attempt("read the keeper's memory", partial(_open_above, "mem"), _NO),
    Attempt("look through the keeper's root", partial(_open_above, "root/etc/passwd"), _NO),
    Attempt("signal the keeper", _signal_above, _EPERM),
    Attempt("trace the keeper", _trace_above, _EPERM),
    Attempt("change an owner", partial(os.chown, "/proc/self/cwd", -1, -1), _EPERM),
    Attempt("change a mode outside", partial(os.chmod, "/tmp", 0o1777), _EPERM),
    Attempt("set an extended attribute", partial(os.setxattr, "/proc/self/cwd", "user.vigiles", b"x"), _NOT_SUPPORTED),
    Attempt("change all priorities of the user", partial(os.setpriority, os.PRIO_USER, 0, 19), _EPERM),
    Attempt("change the keeper's processors", lambda: os.sched_setaffinity(os.getppid(), {0}), _EPERM),
    Attempt("System V shared memory", partial(_raw, "shmget", 0, 4096, 0o1600), _EPERM),
    Attempt("POSIX message queue", partial(_raw, "mq_open", b"vigiles-probe", 0), _EPERM),
)
ATTEMPTS: tuple[Attempt, ...] = (*(one for one in FULL if one.name in _SHARED), *_OWN)


def report() -> bytes:
    """Try everything and return the results as :func:`vigiles.cell.attempt.read_report` takes them."""
    return msgspec.json.encode(attempt(ATTEMPTS))
