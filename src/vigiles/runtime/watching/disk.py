"""The watch on a cell's private disk: says when it is full, so that a report can tell a full disk from a broken program.

All that a cell may write without touching the host lies on one file system of limited size: ``/tmp``, ``/var/tmp``, the
home, ``/dev/shm`` and the changes to the work directory. One call of fstatvfs(2) at each look is enough; a disk that was
full between two looks only is not seen.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from vigiles.ledger.mint import new_id, now
from vigiles.model.observation.limit import LimitMet
from vigiles.sensors.files import attribute

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

Limit = Literal["disk_bytes", "disk_inodes"]
#: Full: less than one part in so many is left. There is room again: more than one part in so many.
_FULL, _ROOM = 1000, 20


class DiskWatch:
    """One episode's looks at its disk."""

    def __init__(self, episode: Episode) -> None:
        self._episode = episode
        self._met: set[Limit] = set()

    def look(self, active: Collection[int]) -> None:
        """Record each limit that is met now and was not before. ``active``: the calls that may have written."""
        cell = self._episode.cell
        if cell is None or cell.dead or cell.upper < 0:
            return
        try:
            disk = os.fstatvfs(cell.upper)
        except OSError:
            return
        kinds: tuple[tuple[Limit, int, int, int], ...] = (
            ("disk_bytes", disk.f_bfree, disk.f_blocks, disk.f_frsize),
            ("disk_inodes", disk.f_ffree, disk.f_files, 1),
        )
        for limit, left, most, unit in kinds:
            if not most or left > most // _ROOM:
                self._met.discard(limit)
            elif left <= most // _FULL and limit not in self._met:
                self._met.add(limit)
                self._tell(limit, most * unit, active)

    def _tell(self, limit: Limit, most: int, active: Collection[int]) -> None:
        episode = self._episode
        attribution = attribute(active)
        call = attribution.call
        episode.pipeline.observe(
            LimitMet(
                id=new_id("obs"),
                at=now(),
                coordinates=episode.coordinates if call is None else episode.coordinates_of(call),
                sensor="scanner",
                attribution=attribution,
                limit=limit,
                most=most,
            )
        )
