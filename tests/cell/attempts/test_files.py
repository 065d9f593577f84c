"""An attempt on files counts as stopped by a wall's own errors only."""

from __future__ import annotations

import errno
import os

from vigiles.cell.attempt import attempt
from vigiles.cell.attempts.files import FILES, HOST_ROOT, OWN_ROOT


def test_without_a_filter_the_new_mount_calls_are_not_stopped() -> None:
    """Each ends by its own error (there is no such descriptor, no such address): that is no wall."""
    wanted = {"setns", "name_to_handle_at"}
    if os.getuid() == 0:
        wanted |= {"move_mount", "mount_setattr"}  # others have no such right anyway
    found = {one.name: one for one in attempt(one for one in FILES if one.name in wanted)}
    assert set(found) == wanted
    assert not any(result.stopped for result in found.values())


def test_a_read_only_mount_and_landlock_are_told_apart() -> None:
    refusals = {one.name: one.refusals for one in (*HOST_ROOT, *OWN_ROOT)}
    assert refusals["write in /etc"] == {errno.EROFS}
    assert next(one for one in HOST_ROOT if one.name == "write in /dev").refusals == {errno.EACCES, errno.EPERM}
