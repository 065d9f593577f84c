"""Namespaces: a fork into new ones, unshare, and the identity map of a fresh user namespace.

Source: namespaces(7), user_namespaces(7), clone(2).
"""

from __future__ import annotations

import os
import signal
import struct

from vigiles.kernel import syscall

NEWNS = 0x0002_0000
NEWCGROUP = 0x0200_0000
NEWUTS = 0x0400_0000
NEWIPC = 0x0800_0000
NEWUSER = 0x1000_0000
NEWPID = 0x2000_0000
NEWNET = 0x4000_0000
ALL_NEW = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET

_INTO_CGROUP = 0x2_0000_0000
#: struct clone_args up to the field ``cgroup``.
_CLONE_ARGUMENTS = struct.Struct("11Q")


def fork_into(flags: int, group: int = -1) -> int:
    """Fork with new namespaces in one step; return 0 in the child, the child's pid in the parent. Raises OSError.

    ``group``: an open folder of a version 2 control group in which the child begins; who asks must be allowed to write the
    group's ``cgroup.procs``, and that of the group that holds both. The calling process must be single-threaded: this is the
    bare clone(2), without the interpreter's fork hooks.
    """
    if group < 0:
        return syscall.call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)
    packed = _CLONE_ARGUMENTS.pack(flags | _INTO_CGROUP, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, group)
    return syscall.call("clone3", packed, _CLONE_ARGUMENTS.size)


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
