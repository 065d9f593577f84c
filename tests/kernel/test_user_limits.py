"""Limits of a user namespace: set, never raised, and felt inside only."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import pytest

from vigiles.kernel import namespaces, user_limits


def instances(most: int) -> int:
    libc = ctypes.CDLL(None)
    taken: list[int] = []
    while len(taken) < most and (fd := libc.inotify_init1(0)) >= 0:
        taken.append(fd)
    for fd in taken:
        os.close(fd)
    return len(taken)


def test_a_namespace_has_its_own(in_child: Any) -> None:
    def attempt() -> dict[str, Any]:
        uid, gid = os.getuid(), os.getgid()
        namespaces.unshare(namespaces.NEWUSER)
        namespaces.map_self(uid, uid, gid, gid)
        user_limits.bound({"max_inotify_instances": 5, "no_such_count": 1})
        told = Path("/proc/sys/user/max_inotify_instances").read_text().strip()
        user_limits.bound({"max_inotify_instances": 50})
        return {
            "told": told,
            "later": Path("/proc/sys/user/max_inotify_instances").read_text().strip(),
            "had": instances(20),
        }

    assert in_child(attempt) == {"told": "5", "later": "5", "had": 5}
    assert instances(6) == 6, "outside nothing changed"


def test_without_the_right_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "max_inotify_watches").mkdir()
    with pytest.raises(OSError, match="directory"):
        user_limits.bound(folder=str(tmp_path))
