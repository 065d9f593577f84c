"""What the kernel says of a process through a pidfd: cheaper than /proc, and of that very process.

Source: linux/pidfd.h: PIDFD_GET_UTS_NAMESPACE (6.11), PIDFD_GET_INFO (6.13) with struct pidfd_info (64 bytes in its first
version: mask u64, cgroup id u64, pid u32, tgid u32, ppid u32, ...), PIDFD_THREAD (6.9). Older kernels are asked through
/proc.
"""

from __future__ import annotations

import os
import struct
from fcntl import ioctl
from typing import NamedTuple

from vigiles.kernel import processes

_GET_UTS_NAMESPACE = 0xFF0A
_GET_INFO = 0xC040_FF0B
_THREAD = os.O_EXCL
_GROUP_TGID_PPID = struct.Struct("8xQ4xII")
_NO_INFO = bytes(64)


class Identity(NamedTuple):
    """A thread's process, its parent's pid (0 if it has ended), the inode of its UTS namespace (None if it has none), and
    the number of its control group of version 2 (0 if the kernel does not tell).
    """

    process: int
    parent: int
    tag: int | None
    group: int = 0


def identity(tid: int) -> Identity:
    """Return who a thread is."""
    try:
        held = os.pidfd_open(tid, _THREAD)
    except OSError:
        return _by_proc(tid)
    group = 0
    try:
        group, process, parent = _GROUP_TGID_PPID.unpack_from(ioctl(held, _GET_INFO, _NO_INFO))
        space = ioctl(held, _GET_UTS_NAMESPACE, 0)
    except OSError:
        return _by_proc(tid, group)  # one that has ended is in its group still, and in no namespace
    finally:
        os.close(held)
    try:
        return Identity(process, parent, os.fstat(space).st_ino, group)
    finally:
        os.close(space)


def _by_proc(tid: int, group: int = 0) -> Identity:
    try:
        process = processes.leader(tid)
    except (OSError, ValueError):
        process = tid
    return Identity(process, _parent(tid), processes.uts_tag(tid), group)


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            data = file.read()
    except OSError:
        return 0
    return int(data[data.rindex(b")") + 4 :].split(b" ", 1)[0])
