"""A cell that floods yields the processors: while others want them it gets a small share, and alone as much as it likes.

What a flood costs is not its own work only: each act of it is also heard, judged and counted. Where a controller weighs
groups (tier R) the cell's group is made light, with the notifier that works for it, and gets its weight back when the flood
has been over for a while. Elsewhere the notifier and the processes of the flooding call are made *nice*; that cannot be
taken back without rights that we do not have, and ends with them.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from vigiles.model.observation.flood import Flood
from vigiles.model.stamp import Stamp

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

#: From so many acts a second on a flood is one: beyond what a build on all processors of a large machine does.
_FLOODING_PER_S = 400
#: The weight of a cell beside 100 of the others; and how nice a process becomes, which is about the same.
_LIGHT, _EVEN, _NICE = 10, 100, 10
_CALM_US = 15_000_000
#: A look at all processes is dear: nice are made those of one call, and then after so long whoever is new.
_AGAIN_US = 2_000_000


class Yielding:
    """One episode's share of the processors."""

    def __init__(self, episode: Episode) -> None:
        self._episode = episode
        self._until = 0
        self._nice_again = 0
        self.light = False

    def take(self, flood: Flood) -> None:
        """Take the record of a flood: make its cell yield if it is one that others would feel."""
        span_us = max(1_000_000, flood.last.mono_us - flood.first.mono_us)
        cell = self._episode.cell
        if flood.count * 1_000_000 < _FLOODING_PER_S * span_us or cell is None or cell.dead:
            return
        self._until = flood.at.mono_us + _CALM_US
        if not self.light:
            self.light = cell.groups is not None and self._weigh(_LIGHT)
        if not self.light and flood.at.mono_us >= self._nice_again:
            self._nice_again = flood.at.mono_us + _AGAIN_US
            self._be_nice(flood.attribution.call)

    def look(self, at: Stamp) -> None:
        """Give a cell its weight back when its flood has been over for a while."""
        if self.light and at.mono_us >= self._until:
            self.light = False
            self._weigh(_EVEN)

    def _weigh(self, shares: int) -> bool:
        cell = self._episode.cell
        if cell is None or cell.groups is None:
            return False
        with contextlib.suppress(OSError):  # the cell has gone, and its groups with it
            return cell.groups.weigh(shares)
        return False

    def _be_nice(self, call: int | None) -> None:
        cell = self._episode.cell
        assert cell is not None
        theirs = [process.pid for process in self._episode.watch.snapshot() if process.call == call]
        for pid in (cell.made.notifier, *theirs):
            with contextlib.suppress(OSError):
                if os.getpriority(os.PRIO_PROCESS, pid) < _NICE:
                    os.setpriority(os.PRIO_PROCESS, pid, _NICE)
