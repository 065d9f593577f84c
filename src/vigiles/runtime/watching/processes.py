"""The watch on an episode's processes: whose each one is, what it used, who was never spoken of; and a call's end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from vigiles.cell.messages import Exited
from vigiles.cell.notifying.calls import HELD
from vigiles.kernel import processes, subreaper
from vigiles.ledger.mint import new_id, now
from vigiles.model.observation.process import ProcessStart
from vigiles.model.response import ProcessSnapshot
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.runtime.outfitting import bare
from vigiles.runtime.watching import probing
from vigiles.sensors import records
from vigiles.sensors.accounts import Accounts, Reaped
from vigiles.sensors.announced import Announced
from vigiles.sensors.scan import Scanner, ScanResult, Seen

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode
    from vigiles.runtime.watching.watch import Watch

#: Longer than the notifier keeps a program's start to itself: who is found alive and not spoken of by then only forked.
_HEARD_S = 0.2
#: Before a call's program is on record, what is found alive in it is our own code on its way to become that program.
_LAUNCH_S = 2.0
#: How often those of a call are looked for again that were born while the others were killed.
_KILL_ROUNDS = 32
#: Ended calls whose tags are still known: far fewer than the notifier holds, for it may be read late.
_REMEMBERED = HELD // 4


class ProcessWatch:
    """One episode's looks at its processes. ``tags`` and ``groups``: UTS namespace, control group -> call, of calls that
    live or ended lately; ``calls``: all that ever had a tag.
    """

    def __init__(self, episode: Episode, watch: Watch) -> None:
        self._episode = episode
        self._watch = watch
        self.tags: dict[int, int] = {}
        self._tag_of: dict[int, int] = {}
        self._ended: deque[int] = deque()
        self.calls: set[int] = set()
        self.groups: dict[int, int] = {}
        self._reaped: list[Reaped] = []
        self._announced = Announced()
        self._launched: set[int] = set()
        self._met: list[tuple[float, Seen]] = []
        self._scanner: Scanner | None = None
        self._accounts: Accounts | None = None
        self._cpu: dict[int, int] = {}

    def start(self) -> None:
        """Begin: who lives from now on is told by the looks."""
        cell = self._episode.cell
        assert cell is not None
        self._scanner = Scanner(cell.made.init, self.tags, self.groups, self._mark)
        self._accounts = Accounts(cell.made.init)

    def tagged(self, call: int, uts: int) -> None:
        """Remember a call's tag; it may have been that of a call that ended long ago."""
        self.tags[uts] = call
        self._tag_of[call] = uts
        self.calls.add(call)

    def over(self, call: int) -> None:
        """A call has no process left: its tag is forgotten before another call can wear it."""
        self._ended.append(call)
        if len(self._ended) > _REMEMBERED:
            tag = self._tag_of.pop(old := self._ended.popleft(), 0)
            if self.tags.get(tag) == old:
                del self.tags[tag]

    def told(self, start: ProcessStart) -> None:
        """Take a program's start that is on record."""
        self._announced.add(start.pid, start.at.mono_us)
        if start.attribution.call is not None and start.via == "launch":
            self._launched.add(start.attribution.call)

    def reaped(self, word: Exited) -> None:
        """Remember what init reaped until the next look; a call's first process counts at once."""
        self._reaped.append(Reaped(inner=word.pid, call=word.call, cpu_us=word.cpu_us))
        if word.call is not None:
            self._cpu[word.call] = self._cpu.get(word.call, 0) + word.cpu_us

    @property
    def waiting(self) -> bool:
        """Whether init has reaped somebody since the last look."""
        return bool(self._reaped)

    def look(self, stamp: Stamp, *, over: Collection[int], last: bool) -> ScanResult | None:
        """Record who is new, who is gone and what was used; return who is there, None where nobody can be seen.

        ``over``: the calls that have given their result. ``last``: nobody is waited for any more.
        """
        cell = self._episode.cell
        if self._scanner is None or self._accounts is None or cell is None or cell.dead:
            return None
        scan = self._scanner.scan(stamp.mono_us)
        reaped, self._reaped = self._reaped, []
        settled = self._accounts.settle(scan, reaped, groups=cell.groups.times() if cell.groups is not None else None)
        usages = [usage for usage in settled if usage.call != probing.CALL]
        self._meet(self.workload(scan.new))
        self._announce_due(scan, last=last)
        of_call = self._watch.coordinates
        used = records.compute_records(usages, ended_calls=over, of_call=of_call, fresh=_fresh)
        exits = records.process_exits(self.workload(scan.gone), reaped=reaped, of_call=of_call, fresh=_fresh)
        found: list[Recorded] = [*used, *exits]
        for record in found:
            self._found(record)
        return scan

    def snapshot(self) -> list[ProcessSnapshot]:
        """Return the process tree now."""
        cell = self._episode.cell
        if cell is None or cell.dead:
            return []
        scan = Scanner(cell.made.init, self.tags, self.groups, mark=self._mark).scan(now().mono_us)
        return [process for process in scan.snapshots() if not self._is_ours(process.call, process.ppid)]

    def call_of(self, pid: int) -> int | None:
        """Return the call whose tag a process (host pid) carries."""
        tag = self._mark(str(pid))
        return None if tag is None else self.tags.get(tag)

    def cpu_us(self, call: int) -> int:
        """Return the CPU time of a call as known now, microseconds: its control group's, if it has one."""
        cell = self._episode.cell
        exact = cell.groups.cpu_us(call) if cell is not None and cell.groups is not None else None
        if exact is not None:
            return exact
        settled = self._accounts.total_us(call) if self._accounts is not None else 0
        return max(settled, self._cpu.get(call, 0))

    def total_cpu_us(self) -> int:
        """Return the CPU time of all calls."""
        return sum(self.cpu_us(call) for call in self.calls | set(self._cpu))

    def end_call(self, call: int) -> None:
        """Kill every process of one call, wherever it went, by its control group or its tag."""
        cell = self._episode.cell
        if cell is not None and cell.groups is not None and cell.groups.kill_call(call):
            return
        killed: set[int] = set()
        for _ in range(_KILL_ROUNDS):
            born = {process.pid for process in self.snapshot() if process.call == call} - killed
            if not born:
                return
            for pid in born:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            killed |= born

    def workload(self, seen: list[Seen]) -> list[Seen]:
        """Return those that are not init's own."""
        return [one for one in seen if not self._is_ours(one.call, one.ppid)]

    def _is_ours(self, call: int | None, parent: int) -> bool:
        """Say whether a process is init's own: its child, without a call's tag. A workload cannot shed its tag."""
        return call is None and self._episode.cell is not None and parent == self._episode.cell.made.init

    def _mark(self, place: str) -> int | None:
        """Return what ties a process to its call: its UTS tag, in tier U- the keeper above it."""
        cell = self._episode.cell
        if cell is not None and cell.spec.private:
            return subreaper.branch(place, cell.made.init)
        return processes.uts_tag(place)

    def _meet(self, new: list[Seen]) -> None:
        """Wait a moment for the notifier to speak of those that a look has found alive for the first time."""
        if new:
            loop = asyncio.get_running_loop()
            self._met += [(loop.time() + _HEARD_S, seen) for seen in new]
            loop.call_later(_HEARD_S, lambda: self._announce(lambda due, _: due <= loop.time()))

    def _announce_due(self, scan: ScanResult, *, last: bool) -> None:
        ended, late = {seen.key for seen in scan.gone}, asyncio.get_running_loop().time()
        self._announce(lambda due, seen: last or seen.key in ended or due <= late)

    def _announce(self, choose: Callable[[float, Seen], bool]) -> None:
        """Record those that were met, are chosen and are not spoken of."""
        met, self._met = self._met, []
        chosen, present = [], asyncio.get_running_loop().time()
        for due, seen in met:  # once over them: a cell can have hundreds
            launching = seen.call is not None and seen.call not in self._launched and present < due + _LAUNCH_S
            if not launching and choose(due, seen):
                chosen.append(seen)
            else:
                self._met.append((due, seen))
        knows, of_call = self._announced.knows, self._watch.coordinates
        for record in records.process_starts(chosen, announced=knows, of_call=of_call, fresh=_fresh):
            self._found(record)

    def _found(self, record: Recorded) -> None:
        cell = self._episode.cell
        self._episode.pipeline.observe(bare.by_keeper(record) if cell is not None and cell.spec.private else record)


def _fresh() -> tuple[str, Stamp]:
    return new_id("obs"), now()
