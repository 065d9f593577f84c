"""An attempt on processes counts as stopped by a wall's own errors only."""

from __future__ import annotations

import os

from vigiles.cell.attempt import attempt
from vigiles.cell.attempts.processes import PROCESSES


def test_without_a_filter_the_kernels_ways_in_are_open() -> None:
    wanted = {"clone3", "io_uring_setup", "TIOCSTI", "process_vm_readv"}
    if os.getuid() == 0:
        wanted.remove("process_vm_readv")
    found = {one.name: one for one in attempt(one for one in PROCESSES if one.name in wanted)}
    assert set(found) == wanted
    assert not any(result.stopped for result in found.values()), found
