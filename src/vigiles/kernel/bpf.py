"""A small assembler for classic BPF, as seccomp takes it: compare the number, compare arguments, return an action.

Source: the kernel's Documentation/userspace-api/seccomp_filter, linux/bpf_common.h. seccomp_data: nr at 0, arch at 4,
arguments of 64 bits from 16 on (little-endian: low word first).
"""

from __future__ import annotations

import struct

import msgspec

KILL_PROCESS, USER_NOTIF, ALLOW, _ERRNO = 0x8000_0000, 0x7FC0_0000, 0x7FFF_0000, 0x0005_0000
_LD_ABS, _JEQ, _JGE, _JSET, _AND, _RET = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06


def errno_action(number: int) -> int:
    """Return the action that makes the call fail with this errno."""
    return _ERRNO | number


class Program(msgspec.Struct):
    """Instructions in order; :meth:`packed` gives the bytes of ``struct sock_filter[]``."""

    _code: list[tuple[int, int, int, int]] = []

    def load(self, offset: int) -> None:
        """Load the 32-bit word at ``offset`` of seccomp_data."""
        self._code.append((_LD_ABS, 0, 0, offset))

    def load_argument(self, index: int, high: bool = False) -> None:
        """Load the low (or high) word of argument ``index``."""
        self.load(16 + 8 * index + (4 if high else 0))

    def mask(self, value: int) -> None:
        """And the loaded word with ``value``."""
        self._code.append((_AND, 0, 0, value))

    def skip_unless_equal(self, value: int, count: int) -> None:
        """Jump over ``count`` instructions unless the loaded word equals ``value``."""
        self._code.append((_JEQ, 0, count, value))

    def skip_if_equal(self, value: int, count: int) -> None:
        """Jump over ``count`` instructions if the loaded word equals ``value``."""
        self._code.append((_JEQ, count, 0, value))

    def skip_unless_any_bit(self, value: int, count: int) -> None:
        """Jump over ``count`` instructions unless the loaded word shares a bit with ``value``."""
        self._code.append((_JSET, 0, count, value))

    def skip_unless_at_least(self, value: int, count: int) -> None:
        """Jump over ``count`` instructions unless the loaded word is at least ``value``."""
        self._code.append((_JGE, 0, count, value))

    def give(self, action: int) -> None:
        """Return ``action``."""
        self._code.append((_RET, 0, 0, action))

    def extend(self, other: Program) -> None:
        """Append another program's instructions (jumps are relative, so they stay right)."""
        self._code.extend(other._code)

    def __len__(self) -> int:
        return len(self._code)

    def packed(self) -> bytes:
        """Return the program as the kernel takes it."""
        return b"".join(struct.pack("HBBI", *instruction) for instruction in self._code)
