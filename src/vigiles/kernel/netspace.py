"""The network namespace of another process: which one it is, who may change it, and work done inside it.

Source: network_namespaces(7), ioctl_ns(2) for the user namespace that owns it, capabilities(7).
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

from vigiles.kernel import loopback, namespaces

T = TypeVar("T")

_GET_USERNS, _GET_PARENT = 0xB701, 0xB702
#: Bits of a capability set: to change the network, to be root in all but name.
NET_ADMIN, NET_RAW, SYS_ADMIN = 12, 13, 21
_SETS = ("CapInh", "CapPrm", "CapAmb")


def identity(pid: int | str = "self") -> int:
    """Return the number of a process's network namespace. Raises OSError if it is gone."""
    return os.stat(f"/proc/{pid}/ns/net").st_ino


def open_of(pid: int) -> int:
    """Return a descriptor of a process's network namespace, which keeps it alive. Raises OSError."""
    return os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def inside(space: int, work: Callable[[], T]) -> T:
    """Return what ``work`` returns when it is done in a network namespace; sockets that it makes stay there.

    It is done by a thread of its own, which ends with it. Raises what ``work`` raises, and OSError.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def there() -> None:
        try:
            namespaces.enter(space, namespaces.NEWNET)
            done.append(work())
        except BaseException as error:  # it is raised again, in the thread that asked
            failed.append(error)

    thread = threading.Thread(target=there)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def devices() -> list[str]:
    """Return the names of the devices in this thread's network namespace, without the loopback device."""
    return [name for index, name in socket.if_nameindex() if index != loopback.INDEX]


def may_get(pid: int, space: int, bit: int) -> bool:
    """Say whether a process has, or can come by, a capability over a network namespace (``space`` its descriptor).

    It counts in the user namespace that owns the network namespace, and not in one below. A set-user-id program gives what
    is in the bounding set, unless the process has given that up (no_new_privs). Yes, where it cannot be told.
    """
    try:
        owner, *above = _owners(space)
        user = os.stat(f"/proc/{pid}/ns/user").st_ino
        if user != owner:
            return user in above
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            lines = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        held = any(int(lines[name], 16) >> bit & 1 for name in _SETS)
        lent = int(lines["CapBnd"], 16) >> bit & 1 and lines.get("NoNewPrivs", "0").strip() != "1"
    except FileNotFoundError:
        return False  # it has ended
    except (OSError, ValueError, KeyError):
        return True
    return bool(held or lent)


def _owners(space: int) -> list[int]:
    """Return the numbers of the user namespace that owns a network namespace and of those above it that we may see."""
    found = []
    step = fcntl.ioctl(space, _GET_USERNS)
    while True:
        try:
            found.append(os.fstat(step).st_ino)
            above = fcntl.ioctl(step, _GET_PARENT)
        except PermissionError:
            return found
        finally:
            os.close(step)
        step = above
