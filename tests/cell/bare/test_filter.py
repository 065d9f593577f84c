"""The program of tier U-, interpreted call by call on both architectures."""

from __future__ import annotations

import errno
import socket

import pytest

from vigiles.cell.bare import filter
from vigiles.cell.bare.numbers import NUMBERS
from vigiles.cell.syscalls import DENIED
from vigiles.kernel.bpf import ALLOW, USER_NOTIF, errno_action
from vigiles.kernel.syscall_numbers import ARCHITECTURES, Architecture

ON = pytest.mark.parametrize("on", ARCHITECTURES.values(), ids=list(ARCHITECTURES))
_STREAM, _DGRAM, _RAW, _SEQ = 1, 2, 3, 5
_FLAGS = 0o2004000  # SOCK_NONBLOCK | SOCK_CLOEXEC


@ON
def test_refused_and_reported_calls(run_bpf, on: Architecture) -> None:
    program, numbers = filter.program(on), NUMBERS[on.machine]
    for name, error in filter.REFUSED.items():
        if name in numbers:
            assert run_bpf(program, numbers[name], arch=on.audit) == errno_action(error), name
    for name in filter.REPORTED:
        if name in numbers:
            assert run_bpf(program, numbers[name], arch=on.audit) == USER_NOTIF, name


@ON
def test_what_every_tier_denies_is_denied_here_too(run_bpf, on: Architecture) -> None:
    program = filter.program(on)
    for name in DENIED:
        if name in on.numbers:
            assert run_bpf(program, on.numbers[name], arch=on.audit) == errno_action(errno.EPERM), name
    for name in ("connect", "bind", "execve"):
        assert run_bpf(program, on.numbers[name], arch=on.audit) == USER_NOTIF


@ON
@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ((socket.AF_UNIX, _STREAM), True),
        ((socket.AF_UNIX, _SEQ | _FLAGS), True),
        ((socket.AF_UNIX, _DGRAM), False),
        ((socket.AF_UNIX, _RAW), False),
        ((socket.AF_INET, _STREAM | _FLAGS, 0), True),
        ((socket.AF_INET, _STREAM, 6), True),
        ((socket.AF_INET, _STREAM, 262), False),
        ((socket.AF_INET, _STREAM, 132), False),
        ((socket.AF_INET, _DGRAM, 17), False),
        ((socket.AF_INET6, _DGRAM, 0), False),
        ((socket.AF_INET6, _STREAM, 0), True),
        ((socket.AF_INET, _RAW, 1), False),
        ((socket.AF_NETLINK, _RAW, 0), False),
        ((socket.AF_PACKET, _RAW, 0), False),
        ((40, _STREAM, 0), False),
    ],
)
def test_sockets_are_streams_only(run_bpf, on: Architecture, arguments: tuple[int, ...], allowed: bool) -> None:
    action = run_bpf(filter.program(on), on.numbers["socket"], arguments, on.audit)
    assert (action == ALLOW) is allowed


@ON
def test_pairs_are_unix_streams_only(run_bpf, on: Architecture) -> None:
    def pair(*arguments: int) -> bool:
        return bool(run_bpf(filter.program(on), on.numbers["socketpair"], arguments, on.audit) == ALLOW)

    assert pair(socket.AF_UNIX, _STREAM)
    assert pair(socket.AF_UNIX, _SEQ)
    assert not pair(socket.AF_UNIX, _DGRAM)
    assert not pair(socket.AF_INET, _STREAM)


@ON
def test_no_option_leads_a_socket_s_packets_elsewhere(run_bpf, on: Architecture) -> None:
    program, number = filter.program(on), on.numbers["setsockopt"]

    def may(level: int, option: int) -> bool:
        return bool(run_bpf(program, number, (3, level, option, 0, 0), on.audit) == ALLOW)

    for level, options in filter.STEERING.items():
        for option in options:
            assert not may(level, option), (level, option)
    assert may(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    assert may(socket.IPPROTO_IP, socket.IP_TOS)
    assert may(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    assert may(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert not may(socket.IPPROTO_TCP, 30)  # Fast Open, refused in every tier


@ON
def test_priorities_of_others_are_not_the_cell_s(run_bpf, on: Architecture) -> None:
    program, numbers = filter.program(on), NUMBERS[on.machine]

    def may(name: str, *arguments: int) -> bool:
        return bool(run_bpf(program, numbers[name], arguments, on.audit) == ALLOW)

    assert may("setpriority", 0, 0, 5)
    assert not may("setpriority", 0, 77, 5)
    assert not may("setpriority", 2, 0, 5)
    assert may("ioprio_set", 1, 0, 0)
    assert not may("ioprio_set", 3, 0, 0)
    assert not may("ioprio_set", 1, 77, 0)
    assert may("sched_setaffinity", 0)
    assert not may("sched_setaffinity", 77)
