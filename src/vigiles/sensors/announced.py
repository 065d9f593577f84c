"""Processes whose program start is on record already, so that a scan which finds them alive need not tell of them."""

from __future__ import annotations

import os
import time

from vigiles.sensors.scan import Seen

_TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
#: More than live in a cell at once; a flood of short-lived ones pushes out the oldest.
_MOST = 16_384


class Announced:
    """Host pid -> when its program start was recorded. A pid that is given again is another process."""

    def __init__(self, most: int = _MOST) -> None:
        self._at: dict[int, int] = {}
        self._most = most

    def add(self, pid: int, mono_us: int) -> None:
        """Take a recorded start: ``mono_us`` on the monotonic clock."""
        self._at.pop(pid, None)
        self._at[pid] = mono_us
        if len(self._at) > self._most:
            del self._at[next(iter(self._at))]

    def knows(self, seen: Seen) -> bool:
        """Say whether a start of this very process is on record: one since the process began."""
        at = self._at.get(seen.pid)
        return at is not None and at + _suspended_us() >= (seen.started - 1) * _TICK_US


def _suspended_us() -> int:
    """Return by how much the clock of processes' start times is ahead: what the machine slept."""
    return (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()) // 1000
