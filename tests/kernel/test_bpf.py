"""The assembler, judged by an interpreter of its own and by the kernel."""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.kernel import bpf, listener, privileges, syscall
from vigiles.kernel.bpf import ALLOW, Program, errno_action

WORD = st.integers(0, 2**32 - 1)
NUMBER = st.integers(0, 2**31 - 1)
ARGUMENTS = st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6)
DENY = errno_action(errno.EPERM)


def branch(build: Callable[[Program], None]) -> bytes:
    """Return a program that denies unless ``build``'s jump skips the denial."""
    program = Program()
    build(program)
    program.give(DENY)
    program.give(ALLOW)
    return program.packed()


@given(NUMBER, ARGUMENTS, WORD, st.integers(0, 5), st.booleans())
def test_jumps(run_bpf: Any, number: int, arguments: list[int], value: int, index: int, high: bool) -> None:
    word = arguments[index] >> 32 if high else arguments[index] & 0xFFFF_FFFF

    def decide(add: Callable[[Program], None]) -> int:
        def build(program: Program) -> None:
            program.load_argument(index, high)
            add(program)

        return int(run_bpf(branch(build), number, arguments))

    assert (decide(lambda p: p.skip_unless_equal(word, 1)), decide(lambda p: p.skip_if_equal(word, 1))) == (DENY, ALLOW)
    assert (decide(lambda p: p.skip_unless_equal(value, 1)) == DENY) == (word == value)
    assert (decide(lambda p: p.skip_if_equal(value, 1)) == ALLOW) == (word == value)
    assert (decide(lambda p: p.skip_unless_any_bit(value, 1)) == DENY) == bool(word & value)
    assert (decide(lambda p: p.skip_unless_at_least(value, 1)) == DENY) == (word >= value)


@given(WORD, WORD, st.integers(0, 2**64 - 1))
def test_mask_and_seccomp_data_layout(run_bpf: Any, mask: int, arch: int, argument: int) -> None:
    masked = Program()
    masked.load_argument(3)
    masked.mask(mask)
    masked.skip_unless_equal(argument & mask & 0xFFFF_FFFF, 1)
    masked.give(ALLOW)
    masked.give(DENY)
    assert run_bpf(masked.packed(), 1, [0, 0, 0, argument]) == ALLOW
    of_arch = Program()
    of_arch.load(4)
    of_arch.skip_unless_equal(arch, 1)
    of_arch.give(ALLOW)
    of_arch.give(DENY)
    assert run_bpf(of_arch.packed(), 1, arch=arch) == ALLOW


@given(st.lists(st.integers(1, 40), min_size=0, max_size=30), NUMBER)
def test_blocks_may_be_put_together_in_any_number(run_bpf: Any, numbers: list[int], asked: int) -> None:
    program = Program()
    program.load(0)
    for number in numbers:
        block = Program()
        block.give(errno_action(number))
        program.skip_unless_equal(number, len(block))
        program.extend(block)
    program.give(ALLOW)
    assert len(program.packed()) == 8 * len(program)
    for number in (asked % 50, *numbers):
        expected = errno_action(number) if number in numbers else ALLOW
        assert run_bpf(program.packed(), number) == expected


def test_a_jump_beyond_255_is_an_error_and_not_another_program() -> None:
    program = Program()
    program.skip_if_equal(1, 256)
    with pytest.raises(struct.error):
        program.packed()


def test_the_kernel_reads_it_the_same_way(in_child: Any) -> None:
    """uname(2) with a first argument of 7 in its low word fails with EXDEV; everything else goes on."""
    uname = syscall.number("uname")
    program = Program()
    program.load(0)
    program.skip_unless_equal(uname, 4)
    program.load_argument(0)
    program.skip_unless_equal(7, 1)
    program.give(errno_action(errno.EXDEV))
    program.give(ALLOW)
    program.give(ALLOW)

    def try_it() -> list[int]:
        privileges.no_new_privileges()
        assert listener.install(program.packed(), listen=False) == -1
        results = []
        for argument in (7, 7 | 1 << 40, 8):
            ctypes.set_errno(0)
            syscall.libc.syscall(ctypes.c_long(uname), ctypes.c_long(argument))
            results.append(ctypes.get_errno())
        return results

    assert in_child(try_it) == [errno.EXDEV, errno.EXDEV, errno.EFAULT]


def test_actions() -> None:
    assert errno_action(errno.ENOSYS) == 0x0005_0000 | 38
    assert len({bpf.KILL_PROCESS, bpf.USER_NOTIF, bpf.ALLOW, DENY}) == 4
