"""Namespaces: a fork into new ones, unshare, and the identity map of a fresh user namespace.

Source: namespaces(7), user_namespaces(7), clone(2).
"""

from __future__ import annotations

import os
import signal

from vigiles.kernel import syscall

NEWNS = 0x0002_0000
NEWCGROUP = 0x0200_0000
NEWUTS = 0x0400_0000
NEWIPC = 0x0800_0000
NEWUSER = 0x1000_0000
NEWPID = 0x2000_0000
NEWNET = 0x4000_0000
ALL_NEW = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET


def fork_into(flags: int) -> int:
    """Fork with new namespaces in one step; return 0 in the child, the child's pid in the parent. Raises OSError.

    The calling process must be single-threaded: this is the bare clone(2), without the interpreter's fork hooks.
    """
    return syscall.call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)


def unshare(flags: int) -> None:
    """unshare(2). Raises OSError."""
    syscall.call("unshare", flags)


def enter(fd: int, flag: int) -> None:
    """setns(2): move the calling thread into the namespace that ``fd`` names. Raises OSError."""
    syscall.call("setns", fd, flag)


def map_self(inside_uid: int, outside_uid: int, inside_gid: int, outside_gid: int, pid: str = "self") -> None:
    """Write the one-line uid and gid maps of the new user namespace that ``pid`` is in. Raises OSError."""
    _write(f"/proc/{pid}/setgroups", "deny")
    _write(f"/proc/{pid}/uid_map", f"{inside_uid} {outside_uid} 1\n")
    _write(f"/proc/{pid}/gid_map", f"{inside_gid} {outside_gid} 1\n")


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
