"""How many tasks a user has, as RLIMIT_NPROC counts them outside of a user namespace of one's own. Source: proc(5)."""

from __future__ import annotations

import os


def count(uid: int) -> int:
    """Return the number of processes and threads of a user that this process can see."""
    found = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}/task").st_uid == uid:
                    # Every folder in it is one more link to it.
                    found += max(1, os.stat(f"/proc/{name}/task").st_nlink - 2)
            except OSError:
                continue
    return found
