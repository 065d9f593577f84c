"""Other processes: their descriptors, their tags, their descendants.

Source: pidfd_open(2), pidfd_getfd(2), namespaces(7) for /proc/PID/ns/uts.
"""

from __future__ import annotations

import os
import stat

from vigiles.kernel import syscall
from vigiles.kernel.effort import Effort

_PIDFD_THREAD = os.O_EXCL
_KCMP_VM = 1


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


def uts_tag(pid: int | str) -> int | None:
    """Return the inode of the process's UTS namespace, None if the process is gone or has left its namespaces."""
    try:
        return int(os.readlink(f"/proc/{pid}/ns/uts")[5:-1])
    except (OSError, ValueError):
        return None


def share_memory(one: int, other: int) -> bool:
    """Say whether two processes have one address space, as after vfork(2) and until exec; no, where the kernel cannot tell.

    Source: kcmp(2).
    """
    try:
        return syscall.call("kcmp", one, other, _KCMP_VM, 0, 0) == 0
    except OSError:
        return False


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
