"""The system call itself, by the name it has in this machine's table."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys

from vigiles.kernel.syscall_numbers import ARCHITECTURES, Architecture

libc = ctypes.CDLL(None, use_errno=True)
_syscall = libc.syscall
_syscall.restype = ctypes.c_long


def here() -> Architecture:
    """Return this machine's table. Raises KeyError where we have none, or for a process of another kind than its kernel."""
    machine = platform.machine()
    if sys.maxsize < 1 << 32:
        raise KeyError(f"no system call table for 32-bit programs on {machine}")
    try:
        return ARCHITECTURES[machine]
    except KeyError:
        raise KeyError(f"no system call table for {machine}") from None


def number(name: str) -> int:
    """Return the system call number. Raises KeyError on an architecture or name that is not known."""
    return here().numbers[name]


def call(name: str, *args: int | bytes | ctypes.Array[ctypes.c_char] | ctypes.c_void_p | None) -> int:
    """Do the system call and return its result. Raises OSError; ENOSYS too where no table has the call."""
    try:
        asked = number(name)
    except KeyError as unknown:
        raise OSError(errno.ENOSYS, f"{name}: {unknown.args[0]}") from None
    result: int = _syscall(ctypes.c_long(asked), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


libc.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong]


def prctl(option: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> int:
    """prctl(2). Raises OSError."""
    result: int = libc.prctl(option, a, b, c, d)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl {option}: {os.strerror(error)}")
    return result
