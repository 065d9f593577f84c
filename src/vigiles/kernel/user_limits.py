"""What the kernel counts for each user, bounded for one user namespace, so that a cell cannot use up what others need.

Such a count goes up along all user namespaces to the first; each has a limit of its own. Source: namespaces(7) on
/proc/sys/user, inotify(7), fanotify(7).
"""

from __future__ import annotations

import os

#: A quarter of what most hosts let one user have; a watcher of files needs one instance and a watch for each folder.
LIMITS: dict[str, int] = {
    "max_inotify_instances": 32,
    "max_inotify_watches": 65_536,
    "max_fanotify_groups": 16,
    "max_fanotify_marks": 16_384,
}


def bound(limits: dict[str, int] = LIMITS, folder: str = "/proc/sys/user") -> None:
    """Set the limits of the user namespace that this process is in, and never higher than they are.

    The process needs CAP_SYS_RESOURCE there. A count that this kernel has not is left out. Raises OSError.
    """
    for name, limit in limits.items():
        try:
            fd = os.open(f"{folder}/{name}", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            if int(os.read(fd, 64)) > limit:
                os.pwrite(fd, b"%d\n" % limit, 0)
        finally:
            os.close(fd)
