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
from vigiles.kernel.syscall import here
from vigiles.kernel.syscall_numbers import AARCH64, ARCHITECTURES, NEWEST_KNOWN, X86_64, Architecture

I386, ARM, RISCV64, AARCH64_BIG_ENDIAN = 0x4000_0003, 0x4000_0028, 0xC000_00F3, 0x8000_00B7
EPERM, ENOSYS = errno_action(errno.EPERM), errno_action(errno.ENOSYS)
EOPNOTSUPP, ENOPROTOOPT = errno_action(errno.EOPNOTSUPP), errno_action(errno.ENOPROTOOPT)
EAFNOSUPPORT, EPROTONOSUPPORT = errno_action(errno.EAFNOSUPPORT), errno_action(errno.EPROTONOSUPPORT)
FASTOPEN = 0x2000_0000
STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
CLOEXEC, NONBLOCK = socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK
HIGH = 1 << 32  # the kernel looks at 32 bits of an int argument: what stands above must not matter
WORDS = st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6)


class Judge:
    """The program of one architecture, asked by name or number; ``probed``: the one that reports nothing."""

    def __init__(self, on: Architecture, run_bpf: Any) -> None:
        self.on = on
        self._run = run_bpf
        self._programs = {listen: syscalls.program(listen=listen, architecture=on) for listen in (True, False)}

    def __call__(self, asked: str | int, arguments: Any = (), *, probed: bool = False, arch: int | None = None) -> int:
        number = self.on.numbers[asked] if isinstance(asked, str) else asked
        return int(self._run(self._programs[not probed], number, arguments, self.on.audit if arch is None else arch))


@pytest.fixture(scope="module", params=ARCHITECTURES.values(), ids=list(ARCHITECTURES))
def judge(request: pytest.FixtureRequest, run_bpf: Any) -> Judge:
    return Judge(request.param, run_bpf)


@pytest.mark.parametrize("name", syscalls.DENIED)
def test_denied(judge: Judge, name: str) -> None:
    if judge.on is AARCH64 and name in syscalls.ONLY_X86:
        assert name not in judge.on.numbers
        return
    assert judge(name, [1, 2, 3, 4, 5, 6]) == EPERM


@pytest.mark.parametrize("name", syscalls.ABSENT)
def test_absent(judge: Judge, name: str) -> None:
    assert judge(name) == ENOSYS


@pytest.mark.parametrize("name", syscalls.REPORTED)
def test_reported_unless_probed(judge: Judge, name: str) -> None:
    assert judge(name) == USER_NOTIF
    assert judge(name, probed=True) == ALLOW


@given(st.integers(0, 2**32 - 1), WORDS)
def test_foreign_architectures_are_killed_whatever_they_ask(judge: Judge, asked: int, arguments: list[int]) -> None:
    others = {one.audit for one in ARCHITECTURES.values()} - {judge.on.audit}
    for arch in (I386, ARM, RISCV64, AARCH64_BIG_ENDIAN, 0, judge.on.audit ^ 1, judge.on.audit | 1 << 29, *others):
        assert judge(asked, arguments, arch=arch) == KILL_PROCESS


@given(st.integers(0, 0x3FFF_FFFF), WORDS)
def test_x32_is_killed_where_it_is_and_unknown_where_it_is_not(judge: Judge, asked: int, arguments: list[int]) -> None:
    assert judge(asked | 0x4000_0000, arguments) == (KILL_PROCESS if judge.on is X86_64 else ENOSYS)


def test_a_number_of_minus_one_does_not_pass(judge: Judge) -> None:
    assert judge(0xFFFF_FFFF) == (KILL_PROCESS if judge.on is X86_64 else ENOSYS)


@given(st.integers(0, 600), WORDS)
def test_everything_else_passes_or_is_too_new_to_be_known(judge: Judge, asked: int, arguments: list[int]) -> None:
    judged = {*syscalls.DENIED, *syscalls.ABSENT, *syscalls.REPORTED, *syscalls._argument_rules()}
    action = judge(asked, arguments)
    assert action in (ALLOW, USER_NOTIF, EPERM, ENOSYS, EOPNOTSUPP, ENOPROTOOPT, EAFNOSUPPORT, EPROTONOSUPPORT)
    if asked not in {number for name, number in judge.on.numbers.items() if name in judged}:
        assert action == (ALLOW if asked <= NEWEST_KNOWN else ENOSYS)


def test_the_program_without_a_name_is_this_machines() -> None:
    assert syscalls.program() == syscalls.program(architecture=here())
    assert len({syscalls.program(architecture=one) for one in ARCHITECTURES.values()}) == len(ARCHITECTURES)


@pytest.mark.parametrize("lost", ["ptrace", "clone3", "connect", "socket"])
def test_a_call_that_lost_its_number_is_an_error_and_not_a_hole(lost: str) -> None:
    numbers = {name: number for name, number in AARCH64.numbers.items() if name != lost}
    with pytest.raises(KeyError, match=lost):
        syscalls.program(architecture=AARCH64._replace(numbers=numbers))


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
def test_sockets(judge: Judge, arguments: tuple[int, ...], action: int) -> None:
    assert judge("socket", arguments) == action


@given(st.integers(0, 63), st.integers(0, 2**32 - 1), st.integers(0, 300))
def test_sockets_of_no_other_kind(judge: Judge, family: int, kind: int, protocol: int) -> None:
    if judge("socket", [family, kind, protocol]) == ALLOW:
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
def test_calls_judged_by_their_arguments(judge: Judge, name: str, arguments: list[int], action: int) -> None:
    assert judge(name, arguments) == action
    assert judge(name, arguments, probed=True) == action


def test_every_known_number_has_one_judgement() -> None:
    tables = [syscalls.ABSENT, syscalls.DENIED, syscalls.REPORTED, tuple(syscalls._argument_rules())]
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names))
    for one in ARCHITECTURES.values():
        assert set(names) - set(one.numbers) == (set() if one is X86_64 else syscalls.ONLY_X86)
        assert len(syscalls.program(architecture=one)) // 8 <= 4096  # the kernel's limit
