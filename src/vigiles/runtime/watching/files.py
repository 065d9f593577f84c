"""The watch on an episode's work directory: looks in a thread, one at a time, and records what each of them found.

A cell may write as many files as its disk allows. So the event loop, which must hear the notifier and strike, never walks
them; a look that finds more than ``FOLD`` changes records the most telling ones and counts the rest in a gap. All changes
stay known for the end of the episode, when they are applied or held back.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from vigiles.ledger.mint import new_id, now
from vigiles.model.stamp import Stamp
from vigiles.runtime.watching.honey_seen import in_files
from vigiles.sensors import records
from vigiles.sensors.aliases import Aliases
from vigiles.sensors.change import Change
from vigiles.sensors.files import FileSensor, attribute
from vigiles.sensors.snapshot import SnapshotSensor

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

#: Changes of one look that are recorded one by one.
FOLD = 5_000
_SLICE = 200
#: A look waits this long in all for the ledger to catch up, seconds; a ledger that stands still must not hold up an end.
_CROWDED_S, _CROWDED_STEP_S = 5.0, 0.01
#: Regular looks take at most one part in so many of the time.
_SHARE = 5


class FileWatch:
    """One episode's looks at files. ``is_over``: whether a call has no process left.

    ``active``: the calls that may have written since the last look.
    """

    def __init__(self, episode: Episode, is_over: Callable[[int], bool]) -> None:
        self._episode = episode
        self._is_over = is_over
        self.active: set[int] = set()
        self._sensor: FileSensor | SnapshotSensor | None = None
        self._aliases: Aliases | None = None
        self._upper = -1
        self._begun = 0
        self._not_before = 0.0
        self._one = asyncio.Lock()
        self._tasks: set[asyncio.Future[None]] = set()
        # What the looking thread and ``close`` agree on: whoever comes last lets go of the folders.
        self._mutex = threading.Lock()
        self._looking = False
        self._closed = False

    def start(self) -> None:
        """Begin: whatever changes from now on is told by the looks."""
        cell = self._episode.cell
        assert cell is not None
        files = self._episode.profile.files
        self._aliases = aliases = Aliases(cell.spec.workdir)
        if cell.upper >= 0:
            # The cell closes its own descriptor when it dies, which may be in the middle of a look.
            self._upper = os.dup(cell.upper)
            self._sensor = FileSensor(
                self._upper, cell.spec.workdir, aliases.flags, files.digest_limit_bytes, userxattr=not cell.spec.host_root
            )
        elif files.workdir == "direct":
            self._sensor = SnapshotSensor(cell.spec.workdir, aliases.flags, files.digest_limit_bytes)

    def look_soon(self) -> None:
        """Look without being waited for, unless a look goes on or the last one was long and is not long ago."""
        if not self._one.locked() and asyncio.get_running_loop().time() >= self._not_before:
            self._task(thorough=False)

    async def look(self, *, thorough: bool = False) -> None:
        """Return when a look that began after this call has ended and its records are on their way.

        ``thorough`` as :meth:`FileSensor.look` says. A caller that is cancelled leaves the look to itself.
        """
        if self._untouched():
            self.active = {call for call in self.active if not self._is_over(call)}
            return
        await asyncio.shield(self._task(thorough))

    def _untouched(self) -> bool:
        """Say whether a look is not worth a thread: none goes on, and nothing was ever written."""
        if self._looking or self._upper < 0 or not isinstance(self._sensor, FileSensor):
            return False
        try:
            return self._sensor.untouched()
        except OSError:
            return False

    def changes(self) -> list[Change]:
        """Return every change against the work directory as of the last look."""
        return self._sensor.changes() if isinstance(self._sensor, FileSensor) else []

    def close(self) -> None:
        """Let go of the folders; a look that goes on does it when it has ended."""
        with self._mutex:
            self._closed = True
            if not self._looking:
                self._let_go()

    def _task(self, thorough: bool) -> asyncio.Future[None]:
        task = asyncio.ensure_future(self._next(self._begun, thorough))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _next(self, asked: int, thorough: bool) -> None:
        async with self._one:
            if self._begun > asked and not thorough:
                return  # somebody else's look began after this one was asked for, and has ended
            self._begun += 1
            began = asyncio.get_running_loop().time()
            await self._look(thorough)
            ended = asyncio.get_running_loop().time()
            self._not_before = ended + (_SHARE - 1) * (ended - began)

    async def _look(self, thorough: bool) -> None:
        # A call that is over now has written all it will; one that ends later may have written behind the look's back.
        over = {call for call in self.active if self._is_over(call)}
        if self._sensor is None:
            return
        changes, missed, honey = await asyncio.to_thread(self._in_thread, thorough)
        attribution = attribute(self.active)
        self.active -= over
        episode = self._episode
        coordinates = episode.coordinates if attribution.call is None else episode.coordinates_of(attribution.call)
        workdir = episode.cell.spec.workdir if episode.cell is not None else ""
        patience = _CROWDED_S
        for start in range(0, len(changes), _SLICE):
            while patience > 0 and episode.services.ledger.crowded:
                await asyncio.sleep(_CROWDED_STEP_S)
                patience -= _CROWDED_STEP_S
            for record in records.file_changes(
                changes[start : start + _SLICE],
                workdir=workdir,
                attribution=attribution,
                coordinates=coordinates,
                fresh=_fresh,
                honey=honey,
            ):
                episode.pipeline.observe(record)
            await asyncio.sleep(0)
        for gap in records.gaps(missed, sensor="overlay", coordinates=episode.coordinates, fresh=_fresh):
            episode.pipeline.observe(gap)

    def _in_thread(self, thorough: bool) -> tuple[list[Change], dict[str, int], dict[str, list[str]]]:
        """Look; return the changes to record, what was not seen or is folded, and the honey tokens in what changed."""
        sensor = self._held()
        if sensor is None:
            return [], {}, {}
        try:
            changes = sensor.look(thorough=thorough) if isinstance(sensor, FileSensor) else sensor.look()
            kept, folded = fold(changes)
            missed = sensor.take_gaps()
            if self._aliases is not None:
                missed |= self._aliases.gaps
                self._aliases.gaps = {}
            if folded:
                missed["file changes folded"] = folded
            placed = self._episode.honey
            honey = in_files(placed.record, self._upper, kept) if placed is not None and self._upper >= 0 else {}
            return kept, missed, honey
        except OSError:
            return [], {"looks at the work directory": 1}, {}  # whatever hindered it, what changed was not seen
        finally:
            self._put_down()

    def _held(self) -> FileSensor | SnapshotSensor | None:
        with self._mutex:
            self._looking = not self._closed
            return None if self._closed else self._sensor

    def _put_down(self) -> None:
        with self._mutex:
            self._looking = False
            if self._closed:
                self._let_go()

    def _let_go(self) -> None:
        if self._sensor is not None:
            self._sensor.close()
        if self._upper >= 0:
            os.close(self._upper)
            self._upper = -1


def fold(changes: Collection[Change], limit: int = FOLD) -> tuple[list[Change], int]:
    """Return the ``limit`` most telling changes, in order of path, and how many others there were."""
    if len(changes) <= limit:
        return list(changes), 0
    telling = sorted(changes, key=_rank)[:limit]
    return sorted(telling, key=lambda change: change.path), len(changes) - limit


def _rank(change: Change) -> int:
    """Return 0 for files that programs outside the cell obey, 1 for what a build runs, 2 for hidden files, 3 for others."""
    if any(flag != "build" for flag in change.flags):
        return 0
    if change.flags:
        return 1
    return 2 if change.path.startswith(".") or "/." in change.path else 3


def _fresh() -> tuple[str, Stamp]:
    return new_id("obs"), now()
