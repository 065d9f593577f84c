"""Other processes: their descriptors, their memory, their tags.

Source: pidfd_open(2), pidfd_getfd(2), process_vm_readv(2), namespaces(7) for /proc/PID/ns/uts.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct

from vigiles.kernel import syscall
from vigiles.kernel.effort import Effort

_libc_readv = syscall.libc.process_vm_readv
_libc_readv.restype = ctypes.c_ssize_t
_PIDFD_THREAD = os.O_EXCL


def open_pidfd(tid: int) -> int:
    """Return a pidfd for a thread or process. Raises OSError (ESRCH: it is gone)."""
    try:
        return syscall.call("pidfd_open", tid, _PIDFD_THREAD)  # 6.9
    except OSError:
        return os.pidfd_open(leader(tid))


def leader(tid: int) -> int:
    """Return the process id of a thread id."""
    with open(f"/proc/{tid}/status", "rb") as file:
        for line in file:
            if line.startswith(b"Tgid:"):
                return int(line[5:])
    raise ProcessLookupError(tid)


def take_descriptor(pidfd: int, fd: int) -> int:
    """Return a duplicate of another process's descriptor. Raises OSError."""
    return syscall.call("pidfd_getfd", pidfd, fd, 0)


def read_memory(pid: int, address: int, size: int) -> bytes:
    """Return up to ``size`` bytes at ``address``; fewer if a page is not there. Raises OSError."""
    buffer = ctypes.create_string_buffer(size)
    local = struct.pack("PN", ctypes.addressof(buffer), size)
    remote = struct.pack("PN", address, size)
    got = _libc_readv(ctypes.c_int(pid), local, ctypes.c_ulong(1), remote, ctypes.c_ulong(1), ctypes.c_ulong(0))
    if got < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
    return buffer.raw[:got]


def read_many(pid: int, addresses: list[int], size: int) -> list[bytes]:
    """Return what stands at each address, up to ``size`` bytes, cut at the first NUL.

    One system call, and one more for each that goes on behind its page; stops at the first address that cannot be read.
    """
    sizes = [min(size, 4096 - address % 4096) for address in addresses]
    buffer = ctypes.create_string_buffer(sum(sizes) or 1)
    local = struct.pack("PN", ctypes.addressof(buffer), sum(sizes))
    remote = b"".join(struct.pack("PN", address, length) for address, length in zip(addresses, sizes, strict=True))
    count = ctypes.c_ulong(len(addresses))
    got = _libc_readv(ctypes.c_int(pid), local, ctypes.c_ulong(1), remote, count, ctypes.c_ulong(0))
    if got < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
    raw, found, at = buffer.raw[:got], [], 0
    for length in sizes:
        if at >= got:
            break
        found.append(raw[at : at + length].split(b"\0", 1)[0])
        at += length
    for index, (word, address, length) in enumerate(zip(found, addresses, sizes, strict=False)):
        if len(word) == length < size:
            try:
                found[index] += read_memory(pid, address + length, size - length).split(b"\0", 1)[0]
            except OSError:
                pass  # the next page is not there
    return found


def uts_tag(pid: int | str) -> int | None:
    """Return the inode of the process's UTS namespace, None if the process is gone or has left its namespaces."""
    try:
        return int(os.readlink(f"/proc/{pid}/ns/uts")[5:-1])
    except (OSError, ValueError):
        return None


def descendants(root: int, effort: Effort | None = None) -> list[int]:
    """Return the process ids of all living descendants of ``root``, parents before children (/proc/PID/task/*/children).

    Each thread takes ``effort``. Raises :class:`~vigiles.kernel.effort.Exhausted`.
    """
    found: list[int] = []
    queue = [root]
    while queue:
        pid = queue.pop()
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        if effort is not None:
            effort.spend(len(threads))
        for thread in threads:
            try:
                with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                    children = [int(word) for word in file.read().split()]
            except OSError:
                continue
            found.extend(children)
            queue.extend(children)
    return found


def sockets(pid: int, effort: Effort | None = None) -> dict[int, int]:
    """Return descriptor -> inode of the sockets that a process holds open; empty if it is gone.

    Each descriptor takes ``effort``. Raises :class:`~vigiles.kernel.effort.Exhausted`.
    """
    found: dict[int, int] = {}
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return found
    if effort is not None:
        effort.spend(len(names))
    for name in names:
        try:
            target = os.readlink(f"{folder}/{name}")
        except OSError:
            continue
        if target.startswith("socket:["):
            found[int(name)] = int(target[8:-1])
    return found


def holds_named_pipe(pid: int) -> bool:
    """Say whether a process holds a FIFO of the file system open, by which anybody may have asked it for something."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    for name in names:
        try:
            pipe = stat.S_ISFIFO(os.stat(f"{folder}/{name}").st_mode)
            if pipe and not os.readlink(f"{folder}/{name}").startswith("pipe:"):
                return True
        except OSError:
            continue
    return False
