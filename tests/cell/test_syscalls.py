"""The cell's seccomp program, judged call by call."""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.cell import syscalls
from vigiles.kernel.bpf import ALLOW, KILL_PROCESS, USER_NOTIF, errno_action
from vigiles.kernel.syscall import X86_64, number

PROGRAM = syscalls.program()
PROBED = syscalls.program(listen=False)
X86_64_ARCH, I386, AARCH64 = 0xC000_003E, 0x4000_0003, 0xC000_00B7
EPERM, ENOSYS = errno_action(errno.EPERM), errno_action(errno.ENOSYS)
EOPNOTSUPP, ENOPROTOOPT = errno_action(errno.EOPNOTSUPP), errno_action(errno.ENOPROTOOPT)
EAFNOSUPPORT, EPROTONOSUPPORT = errno_action(errno.EAFNOSUPPORT), errno_action(errno.EPROTONOSUPPORT)
FASTOPEN = 0x2000_0000
STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
CLOEXEC, NONBLOCK = socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK
HIGH = 1 << 32  # the kernel looks at 32 bits of an int argument: what stands above must not matter


@pytest.mark.parametrize("name", syscalls.DENIED)
def test_denied(run_bpf: Any, name: str) -> None:
    assert run_bpf(PROGRAM, number(name), [1, 2, 3, 4, 5, 6]) == EPERM


@pytest.mark.parametrize("name", syscalls.ABSENT)
def test_absent(run_bpf: Any, name: str) -> None:
    assert run_bpf(PROGRAM, number(name)) == ENOSYS


@pytest.mark.parametrize("name", syscalls.REPORTED)
def test_reported_unless_probed(run_bpf: Any, name: str) -> None:
    assert run_bpf(PROGRAM, number(name)) == USER_NOTIF
    assert run_bpf(PROBED, number(name)) == ALLOW


@given(st.integers(0, 0x3FFF_FFFF), st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6))
def test_foreign_architectures_are_killed_whatever_they_ask(run_bpf: Any, asked: int, arguments: list[int]) -> None:
    for arch in (I386, AARCH64, 0, X86_64_ARCH ^ 1):
        assert run_bpf(PROGRAM, asked, arguments, arch) == KILL_PROCESS
    assert run_bpf(PROGRAM, asked | 0x4000_0000, arguments) == KILL_PROCESS  # x32


def test_a_number_of_minus_one_is_killed_not_passed(run_bpf: Any) -> None:
    assert run_bpf(PROGRAM, 0xFFFF_FFFF) == KILL_PROCESS


@given(st.integers(0, 600), st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6))
def test_everything_else_passes_or_is_too_new_to_be_known(run_bpf: Any, asked: int, arguments: list[int]) -> None:
    judged = {*syscalls.DENIED, *syscalls.ABSENT, *syscalls.REPORTED, *syscalls._argument_rules()}
    action = run_bpf(PROGRAM, asked, arguments)
    assert action in (ALLOW, USER_NOTIF, EPERM, ENOSYS, EOPNOTSUPP, ENOPROTOOPT, EAFNOSUPPORT, EPROTONOSUPPORT)
    if asked not in {number(name) for name in judged}:
        assert action == (ALLOW if asked <= syscalls._NEWEST_KNOWN else ENOSYS)


SOCKETS = [
    ((socket.AF_UNIX, STREAM, 0), ALLOW),
    ((socket.AF_UNIX, socket.SOCK_SEQPACKET | CLOEXEC, 0), ALLOW),
    ((socket.AF_INET, STREAM | CLOEXEC | NONBLOCK, 0), ALLOW),
    ((socket.AF_INET, STREAM, socket.IPPROTO_TCP), ALLOW),
    ((socket.AF_INET6, DGRAM, socket.IPPROTO_UDP), ALLOW),
    ((socket.AF_INET6 | HIGH, DGRAM | HIGH, HIGH), ALLOW),
    ((socket.AF_NETLINK, socket.SOCK_RAW | CLOEXEC, 0), ALLOW),
    ((socket.AF_NETLINK, socket.SOCK_RAW, 4), EPROTONOSUPPORT),  # sock_diag
    ((socket.AF_NETLINK, socket.SOCK_RAW, 16), EPROTONOSUPPORT),  # generic
    ((socket.AF_INET, STREAM, 262), EPROTONOSUPPORT),  # MPTCP
    ((socket.AF_INET, STREAM, 132), EPROTONOSUPPORT),  # SCTP
    ((socket.AF_INET, DGRAM, socket.IPPROTO_ICMP), EPROTONOSUPPORT),
    ((socket.AF_INET, DGRAM, 136), EPROTONOSUPPORT),  # UDP-Lite
    ((socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP), EPERM),
    ((socket.AF_INET6, socket.SOCK_RAW, 0), EPERM),
    ((socket.AF_INET, socket.SOCK_SEQPACKET, 0), EPERM),
    ((socket.AF_PACKET, socket.SOCK_RAW, 0), EAFNOSUPPORT),
    ((40, STREAM, 0), EAFNOSUPPORT),  # vsock
    ((38, 5, 0), EAFNOSUPPORT),  # the kernel's crypto
    ((15, 3, 2), EAFNOSUPPORT),  # key management
    ((socket.AF_INET + 1 << 32 | 40, STREAM, 0), EAFNOSUPPORT),
]


@pytest.mark.parametrize(("arguments", "action"), SOCKETS)
def test_sockets(run_bpf: Any, arguments: tuple[int, ...], action: int) -> None:
    assert run_bpf(PROGRAM, number("socket"), arguments) == action


@given(st.integers(0, 63), st.integers(0, 2**32 - 1), st.integers(0, 300))
def test_sockets_of_no_other_kind(run_bpf: Any, family: int, kind: int, protocol: int) -> None:
    if run_bpf(PROGRAM, number("socket"), [family, kind, protocol]) == ALLOW:
        assert (
            family == socket.AF_UNIX
            or (family == socket.AF_NETLINK and protocol == 0)
            or (family in (socket.AF_INET, socket.AF_INET6) and kind & 15 in (STREAM, DGRAM) and protocol in (0, 6, 17))
        )


ARGUMENTS = [
    ("clone", [0x11], ALLOW),  # fork: SIGCHLD only
    ("clone", [0x003D_0F00], ALLOW),  # a thread
    ("clone", [0x4111], ALLOW),  # vfork
    *[
        ("clone", [flag | 17], EPERM)
        for flag in (0x2_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 1 << 29, 1 << 30)
    ],
    ("clone", [0x80], ALLOW),  # there the low byte is a signal, not NEWTIME
    ("unshare", [0x80], EPERM),  # here it is
    ("unshare", [0x400], ALLOW),  # CLONE_FILES
    ("unshare", [0x1000_0000 | HIGH], EPERM),
    ("ioctl", [0, 0x5412], EPERM),
    ("ioctl", [0, 0x541C], EPERM),
    ("ioctl", [0, 0x5412 | HIGH], EPERM),
    ("ioctl", [0, 0x5413], ALLOW),
    ("ioctl", [0x5412, 0], ALLOW),
    ("sendto", [3, 0, 9, FASTOPEN], EOPNOTSUPP),
    ("sendto", [3, 0, 9, FASTOPEN | 0x4000 | HIGH], EOPNOTSUPP),
    ("sendto", [3, 0, FASTOPEN, 0x4000], ALLOW),
    ("sendmsg", [3, 0, FASTOPEN], EOPNOTSUPP),
    ("sendmsg", [3, FASTOPEN, 0], ALLOW),
    ("sendmmsg", [3, 0, 1, FASTOPEN], EOPNOTSUPP),
    ("sendmmsg", [3, 0, FASTOPEN, 0], ALLOW),
    ("setsockopt", [3, 6, 30], ENOPROTOOPT),
    ("setsockopt", [3, 6, 31], ENOPROTOOPT),
    ("setsockopt", [3, 6, 19], ENOPROTOOPT),
    ("setsockopt", [3, 6 | HIGH, 30 | HIGH], ENOPROTOOPT),
    ("setsockopt", [3, 6, 1], ALLOW),  # TCP_NODELAY
    ("setsockopt", [3, 1, 30], ALLOW),
    ("prlimit64", [0, 7, 0x7FFF_0000_1000, 0], ALLOW),  # setrlimit(2) as the C library makes it
    ("prlimit64", [HIGH, 7, 0x1000, 0], ALLOW),  # a pid has 32 bits
    ("prlimit64", [1, 7, 0, 0x1000], ALLOW),  # reading
    ("prlimit64", [1, 7, 0x1000, 0], EPERM),
    ("prlimit64", [1, 7, 0x7FFF_0000_0000, 0], EPERM),  # a pointer whose low word is zero
    ("prlimit64", [42, 7, 1, 0x1000], EPERM),
    ("prlimit64", [(1 << 32) - 1, 7, 0x1000, 0], EPERM),
]


@pytest.mark.parametrize(("name", "arguments", "action"), ARGUMENTS)
def test_calls_judged_by_their_arguments(run_bpf: Any, name: str, arguments: list[int], action: int) -> None:
    assert run_bpf(PROGRAM, number(name), arguments) == action
    assert run_bpf(PROBED, number(name), arguments) == action


def test_every_known_number_has_one_judgement() -> None:
    tables = [syscalls.ABSENT, syscalls.DENIED, syscalls.REPORTED, tuple(syscalls._argument_rules())]
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names))
    assert set(names) <= set(X86_64)
    assert len(PROGRAM) // 8 <= 4096  # the kernel's limit
