"""Foreign system call tables: the filter must kill, so each attempt costs a process."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import signal
from collections.abc import Callable
from functools import partial

from vigiles.cell.attempt import Attempt, NotStopped
from vigiles.kernel import syscall

_X32_BIT = 0x4000_0000
_EPERM = frozenset({errno.EPERM})


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

#: Other gates to the kernel that a running program has. On aarch64 there is none: only a 32-bit program has one.
_GATES = {
    "x86_64": (Attempt("int 0x80", partial(_killed, _int80), _EPERM), Attempt("x32", partial(_killed, _x32), _EPERM)),
}
#: Those of this machine.
GATES: tuple[Attempt, ...] = _GATES.get(platform.machine(), ())
