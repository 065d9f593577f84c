"""The self-probe: inside a new cell, behind every wall of a call, do what must fail and report what happened.

A wall that was asked for is not a wall that stands. So each attempt really does the forbidden thing and names the errors by
which a wall refuses it; any other end, success or an unexpected error, counts as not stopped, for it proves nothing.

The code runs in a forked child of the cell's init, which sees no file of ours: everything it needs is imported before.
``CHEAP`` is tried in every cell. ``FULL`` adds the attempts that cost a process each; what they find depends on the kernel
and the filter alone, so once per boot is enough.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import select
import signal
import socket
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import msgspec

from vigiles.kernel import bpf, landlock, listener, namespaces, syscall
from vigiles.model.cell import ProbeResult

#: TEST-NET-3 (RFC 5737) and the discard port: routed nowhere, so a missing wall harms nobody.
OUTSIDE = ("203.0.113.1", 9)

_IPPROTO_MPTCP = 262
_MSG_FASTOPEN, _TCP_FASTOPEN_CONNECT, _TCP_ULP = 0x2000_0000, 30, 31
_AF_VSOCK, _AF_ALG = 40, 38
_NETLINK_SOCK_DIAG, _NETLINK_CONNECTOR = 4, 11
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_PTRACE_ATTACH = 16
_AT_FDCWD = -100
_X32_BIT = 0x4000_0000
_UNANSWERED_MS = 200

_EPERM = frozenset({errno.EPERM})
_ABSENT = frozenset({errno.ENOSYS})
_NO_FAMILY = frozenset({errno.EAFNOSUPPORT})
_NO_PROTOCOL = frozenset({errno.EPROTONOSUPPORT})
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EACCES, errno.EPERM})
#: The kernel asks the mount first, so nothing but a read-only one answers this: Landlock alone would say EACCES.
_READ_ONLY = frozenset({errno.EROFS})
_NO_LOOK = frozenset({errno.EACCES, errno.EPERM})
_SETTING = _READ_ONLY | _NO_LOOK


class NotStopped(Exception):
    """The forbidden thing worked; the message says how far."""


@dataclass(frozen=True)
class Attempt:
    """One forbidden thing: ``act`` does it, ``refusals`` are the errnos by which a wall says no.

    ``act`` returns (or raises :class:`NotStopped`) when nothing stopped it. ``landlock`` is the first Landlock ABI that can
    stop it; below, it is not tried, because another wall makes it harmless and the kernel can do no better.
    """

    name: str
    act: Callable[[], object]
    refusals: frozenset[int]
    landlock: int = 0


def attempt(attempts: Iterable[Attempt], *, landlock_abi: int | None = None) -> list[ProbeResult]:
    """Try each; return what stopped it, or that nothing did. Never raises. Changes this process: use a forked child."""
    abi = landlock.abi() if landlock_abi is None else landlock_abi
    return [_try(one) for one in attempts if one.landlock <= abi]


def report(*, full: bool, own_root: bool = False) -> bytes:
    """Try ``FULL`` or ``CHEAP`` and return the results as :func:`read_report` takes them.

    ``own_root``: the workload is root inside, and its root is a private layer that it may change (``OWN_ROOT``).
    """
    chosen: tuple[Attempt, ...] = FULL if full else CHEAP
    if own_root:
        replaced = {one.name for one in (*_HOST_ROOT, _OTHER_UID)}
        chosen = (*(one for one in chosen if one.name not in replaced), *OWN_ROOT)
    return msgspec.json.encode(attempt(chosen))


def read_report(data: bytes) -> list[ProbeResult]:
    """Return the results in a report. Raises ``msgspec.DecodeError`` when it was cut short or is none."""
    return msgspec.json.decode(data, type=list[ProbeResult])


def breaches(results: Iterable[ProbeResult]) -> list[ProbeResult]:
    """Return what was not stopped: with one of these a cell must not start."""
    return [result for result in results if not result.stopped]


def _try(one: Attempt) -> ProbeResult:
    try:
        one.act()
    except NotStopped as error:
        return ProbeResult(name=one.name, stopped=False, detail=str(error))
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, str(error.errno))
        stopped = error.errno in one.refusals
        return ProbeResult(name=one.name, stopped=stopped, detail=name if stopped else f"unexpected {name}")
    except Exception as error:
        return ProbeResult(name=one.name, stopped=False, detail=f"probe failed: {type(error).__name__}")
    return ProbeResult(name=one.name, stopped=False, detail="it worked")


# --- ways out to a network -------------------------------------------------------------------------------------------


def _tcp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        _connected(sock, sock.connect_ex(OUTSIDE))


def _tcp6() -> None:
    try:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:  # a kernel without IPv6
            raise OSError(errno.ENETUNREACH, "no IPv6") from error
        raise
    with sock:
        sock.setblocking(False)
        _connected(sock, sock.connect_ex(("2001:db8::1", OUTSIDE[1])))


def _connected(sock: socket.socket, error: int) -> None:
    """Raise the wall's refusal. A socket that was led to the door on loopback did not get out: it counts as refused."""
    if error == errno.EINPROGRESS:
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        if not poll.poll(_UNANSWERED_MS):
            raise NotStopped("a packet left")
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, "connect")
    peer = sock.getpeername()[0]
    if peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        raise OSError(errno.EACCES, "led to the door")
    raise NotStopped("connected")


def _udp(flags: int = 0) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", flags, OUTSIDE)


def _fast_open(message: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        if message:
            sock.sendmsg([b"x"], [], _MSG_FASTOPEN, OUTSIDE)
        else:
            sock.sendto(b"x", _MSG_FASTOPEN, OUTSIDE)


def _tcp_option(option: int, value: int | bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


def _socket(family: int, kind: int, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


def _devices() -> None:
    others = [name for _, name in socket.if_nameindex() if name != "lo"]
    if others:
        raise NotStopped(f"{len(others)} more than lo")
    raise OSError(errno.ENETUNREACH, "only lo")


# --- ways to files, mounts and namespaces ----------------------------------------------------------------------------


def _create(folder: str) -> None:
    path = f"{folder}/.vigiles-probe-{os.getpid()}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.unlink(path)


def _read(path: str, flags: int = os.O_RDONLY) -> None:
    os.close(os.open(path, flags))


def _device() -> None:
    path = f"/tmp/.vigiles-probe-{os.getpid()}"
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.unlink(path)


def _unshare_user() -> None:
    namespaces.unshare(namespaces.NEWUSER)


def _clone_user() -> None:
    pid = namespaces.fork_into(namespaces.NEWUSER)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _mount() -> None:
    _libc("mount", b"none", b"/tmp", b"tmpfs", ctypes.c_ulong(0), None)


def _libc(name: str, *args: object) -> None:
    if getattr(syscall.libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)


# --- ways to other processes and into the kernel ---------------------------------------------------------------------


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
    _libc("capset", header, data)


# --- foreign system call tables: the filter must kill, so each costs a process -----------------------------------------


def _killed(act: Callable[[], int]) -> None:
    """Run ``act`` in a child; raise EPERM if the filter killed it. ``act`` returns what the foreign call answered."""
    pid = os.fork()
    if pid == 0:
        try:
            answer = act()
        except BaseException:
            os._exit(3)
        os._exit(0 if answer == os.getpid() else 2)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) == signal.SIGSYS:
            raise OSError(errno.EPERM, "killed")
        raise NotStopped(f"signal {os.WTERMSIG(status)}, not by the filter")
    raise NotStopped("the call answered" if os.WEXITSTATUS(status) == 0 else "it came back")


def _int80() -> int:
    """Ask for getpid by the 32-bit gate: mov eax, 20; int 0x80; ret."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    return int(_NoArguments(ctypes.addressof(ctypes.c_char.from_buffer(page)))())


def _x32() -> int:
    return int(syscall.libc.syscall(ctypes.c_long(_X32_BIT | syscall.number("getpid"))))


_NoArguments = ctypes.CFUNCTYPE(ctypes.c_int)
_call = syscall.call

_NETWORK = (
    Attempt("TCP connect outside", _tcp, _NO_ROUTE),
    Attempt("TCP connect outside over IPv6", _tcp6, _NO_ROUTE | {errno.EADDRNOTAVAIL}),
    Attempt("UDP send outside", _udp, _NO_ROUTE),
    Attempt("UDP send outside past the routes", partial(_udp, socket.MSG_DONTROUTE), _NO_ROUTE),
    Attempt("network devices", _devices, _NO_ROUTE),
    Attempt("MPTCP socket", partial(_socket, socket.AF_INET, socket.SOCK_STREAM, _IPPROTO_MPTCP), _NO_PROTOCOL),
    Attempt("TCP Fast Open by sendto", partial(_fast_open, False), frozenset({errno.EOPNOTSUPP})),
    Attempt("TCP Fast Open by sendmsg", partial(_fast_open, True), frozenset({errno.EOPNOTSUPP})),
    Attempt("TCP_FASTOPEN_CONNECT", partial(_tcp_option, _TCP_FASTOPEN_CONNECT, 1), frozenset({errno.ENOPROTOOPT})),
    Attempt("TCP upper layer protocol", partial(_tcp_option, _TCP_ULP, b"tls"), frozenset({errno.ENOPROTOOPT})),
    Attempt("raw socket", partial(_socket, socket.AF_INET, socket.SOCK_RAW, 1), _EPERM),
    Attempt("ping socket", partial(_socket, socket.AF_INET, socket.SOCK_DGRAM, 1), _NO_PROTOCOL),
    Attempt("packet socket", partial(_socket, socket.AF_PACKET, socket.SOCK_RAW), _NO_FAMILY),
    Attempt("vsock socket", partial(_socket, _AF_VSOCK, socket.SOCK_STREAM), _NO_FAMILY),
    Attempt("kernel crypto socket", partial(_socket, _AF_ALG, socket.SOCK_SEQPACKET), _NO_FAMILY),
    Attempt("netlink connector", partial(_socket, socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_CONNECTOR), _NO_PROTOCOL),
    Attempt(
        "netlink socket table", partial(_socket, socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG), _NO_PROTOCOL
    ),
)

#: Where the root is not the cell's own to change.
_HOST_ROOT = (
    Attempt("write in /etc", partial(_create, "/etc"), _READ_ONLY),
    Attempt("write in /usr", partial(_create, "/usr"), _READ_ONLY),
    Attempt("write in /", partial(_create, ""), _READ_ONLY),
    # The mount there is writable, for an ordinary user's cell the folder too: only Landlock refuses a regular file.
    Attempt("write in /dev", partial(_create, "/dev"), _NO_LOOK),
)
_OTHER_UID = Attempt("become uid 0", partial(os.setuid, 0), frozenset({errno.EPERM, errno.EINVAL}))

#: In the place of these where the workload is root inside.
OWN_ROOT = (
    Attempt("write in /dev", partial(_create, "/dev"), _READ_ONLY),
    # Which settings uid 0 owns depends on who made the namespaces; the mount is read-only in any case.
    Attempt("write a setting of the kernel", partial(_read, "/proc/sys/net/ipv4/ip_forward", os.O_WRONLY), _SETTING),
    Attempt("write a setting of its IPC namespace", partial(_read, "/proc/sys/kernel/shmmax", os.O_WRONLY), _SETTING),
    Attempt("make a device", _device, _NO_LOOK),
    Attempt("become another uid", partial(os.setuid, 1), frozenset({errno.EPERM, errno.EINVAL})),
    Attempt("give a file away", partial(os.chown, "/tmp", 1, 1), frozenset({errno.EPERM, errno.EINVAL})),
    Attempt("change the root folder", partial(os.chroot, "/tmp"), _EPERM),
)

_FILES = (
    *_HOST_ROOT,
    Attempt("write in /run", partial(_create, "/run"), _READ_ONLY),
    Attempt("unshare a user namespace", _unshare_user, _EPERM),
    Attempt("clone into a user namespace", _clone_user, _EPERM),
    Attempt("setns", partial(_call, "setns", -1, 0), _EPERM),
    Attempt("mount", _mount, _EPERM),
    Attempt("open_tree", partial(_call, "open_tree", _AT_FDCWD, b"/", 0), _EPERM),
    Attempt("fsopen", partial(_call, "fsopen", b"tmpfs", 0), _EPERM),
    Attempt("move_mount", partial(_call, "move_mount", -1, b"", -1, b"", 0), _EPERM),
    Attempt("mount_setattr", partial(_call, "mount_setattr", -1, b"", 0, None, 0), _EPERM),
    Attempt("name_to_handle_at", partial(_call, "name_to_handle_at", _AT_FDCWD, b"/", None, None, 0), _EPERM),
    Attempt("open_by_handle_at", partial(_call, "open_by_handle_at", _AT_FDCWD, None, 0), _EPERM),
)

_PROCESSES = (
    Attempt("read /proc/1/environ", partial(_read, "/proc/1/environ"), _NO_LOOK),
    Attempt("read /proc/1/mem", partial(_read, "/proc/1/mem", os.O_RDWR), _NO_LOOK),
    Attempt("look through /proc/1/root", partial(_read, "/proc/1/root/etc/passwd"), _NO_LOOK),
    Attempt("ptrace process 1", partial(_call, "ptrace", _PTRACE_ATTACH, 1, 0, 0), _EPERM),
    Attempt("process_vm_readv", partial(_call, "process_vm_readv", 1, None, 0, None, 0, 0), _EPERM),
    Attempt("pidfd_getfd", _take_descriptor, _EPERM),
    Attempt("signal process 1", _signal_init, _EPERM),
    Attempt("second listener", _second_listener, frozenset({errno.EBUSY})),
    Attempt("regain capabilities", _capabilities, _EPERM),
    _OTHER_UID,
    Attempt("clone3", partial(_call, "clone3", None, 0), _ABSENT),
    Attempt("io_uring_setup", partial(_call, "io_uring_setup", 1, None), _ABSENT),
    Attempt("keyctl", partial(_call, "keyctl", 0, -3, 0), _EPERM),
    Attempt("bpf", partial(_call, "bpf", 0, None, 0), _EPERM),
    Attempt("perf_event_open", partial(_call, "perf_event_open", None, 0, -1, -1, 0), _EPERM),
    Attempt("userfaultfd", partial(_call, "userfaultfd", 1), _EPERM),
    Attempt("TIOCSTI", partial(_terminal, _TIOCSTI), _EPERM),
    Attempt("TIOCLINUX", partial(_terminal, _TIOCLINUX), _EPERM),
)

#: Tried in every cell.
CHEAP: tuple[Attempt, ...] = (*_NETWORK, *_FILES, *_PROCESSES)
#: Other gates to the kernel that a running program has. On aarch64 there is none: only a 32-bit program has one.
_GATES = {
    "x86_64": (Attempt("int 0x80", partial(_killed, _int80), _EPERM), Attempt("x32", partial(_killed, _x32), _EPERM)),
}
#: Tried once per boot, kernel and filter.
FULL: tuple[Attempt, ...] = (*CHEAP, *_GATES.get(platform.machine(), ()))
