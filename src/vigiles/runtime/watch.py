"""The episode's watch: hears the notifier, the door and init, looks at processes and files, and passes records on.

Every record gets the full coordinates of its call here: below, only the call's number is known.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from vigiles.cell.handle import Watcher
from vigiles.cell.messages import Exited
from vigiles.kernel import processes, subreaper
from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import CallEnded
from vigiles.model.errors import ControlUnavailable, ProcessLost
from vigiles.model.observation.base import Observation
from vigiles.model.observation.process import ProcessStart
from vigiles.model.reason import ReasonCode
from vigiles.model.response import ProcessSnapshot
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.ruleset.budgets import exceeded
from vigiles.runtime import bare, ledger_watch, probing
from vigiles.runtime.denial_sensor import DenialWatch
from vigiles.runtime.disk_watch import DiskWatch
from vigiles.runtime.file_watch import FileWatch
from vigiles.runtime.kernel_sensor import KernelWatch
from vigiles.runtime.tier_r import TierR
from vigiles.sensors import records
from vigiles.sensors.accounts import Accounts, Reaped
from vigiles.sensors.announced import Announced
from vigiles.sensors.change import Change
from vigiles.sensors.scan import Scanner, Seen

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

_PROBE = probing.CALL
#: Looks until the first and between further probes of a running cell: one second, one minute.
_FIRST_PROBE, _PROBE_EVERY = 4, 240
_LOOK_S = 0.25
#: Longer than the notifier keeps a program's start to itself: who is found alive and not spoken of by then only forked.
_HEARD_S = 0.03
#: Before a call's program is on record, what is found alive in it is our own code on its way to become that program.
_LAUNCH_S = 2.0
_FILES_EVERY = 8


class Watch(Watcher):
    """One episode's watch. ``start`` begins the regular looks; before it, words are only passed on.

    ``over_budget``: the calls that were ended because a budget ran out, and which.
    """

    def __init__(self, episode: Episode) -> None:
        self._episode = episode
        self._tags: dict[int, int] = {}
        self._groups: dict[int, int] = {}
        self._payer = 0
        self.kernel = KernelWatch(self)
        self.denials: DenialWatch | None = None
        self._over: dict[int, asyncio.Event] = {}
        self._returned: set[int] = set()
        self._begun: set[int] = set()
        self.over_budget: dict[int, ReasonCode] = {}
        self._reaped: list[Reaped] = []
        self._announced = Announced()
        self._launched: set[int] = set()
        self._met: list[tuple[float, Seen]] = []
        self._scanner: Scanner | None = None
        self._accounts: Accounts | None = None
        self._files = FileWatch(episode, self._is_over)
        self._disk = DiskWatch(episode)
        self._cpu: dict[int, int] = {}
        self._looking: asyncio.Task[None] | None = None
        self._kept: set[asyncio.Future[Any]] = set()

    # -- words from the cell ---------------------------------------------------------------------------------------

    def observed(self, record: Recorded) -> None:
        """Pass an observation on, at its call's full coordinates."""
        if not isinstance(record, Observation):
            self._episode.pipeline.observe(record)
            return
        call = record.attribution.call
        if call == _PROBE:
            return  # what it tried is in its own report
        self.kernel.told(record)
        if isinstance(record, ProcessStart):
            self._announced.add(record.pid, record.at.mono_us)
            if self.denials is not None:
                self.denials.started(record.pid, call)
            if call is not None and record.via == "launch":
                self._launched.add(call)
        placed: Recorded = msgspec.structs.replace(record, coordinates=self.coordinates(call))
        self._episode.pipeline.observe(placed)

    def tagged(self, call: int, uts: int) -> None:
        """Remember a call's UTS tag. It has begun, and may write from now on."""
        self._tags[uts] = call
        self._begun.add(call)
        if call != _PROBE:
            self._files.active.add(call)

    def grouped(self, call: int, group: int) -> None:
        """Remember a call's control group; have the kernel's programs watch it."""
        self._groups[group] = call
        tier_r = self._episode.services.tier_r
        if call != _PROBE and isinstance(tier_r, TierR):
            tier_r.sensor.assign(group, self, call, payer=self._payer)

    def of_cell(self, group: int) -> None:
        """Remember the group that holds all calls; its share of the room for kernel events is theirs."""
        tier_r = self._episode.services.tier_r
        if isinstance(tier_r, TierR):
            self._payer = group
            tier_r.sensor.assign(group, self, None)

    def reaped(self, word: Exited) -> None:
        """Remember what init reaped until the next look; a call's first process counts at once."""
        self._reaped.append(Reaped(inner=word.pid, call=word.call, cpu_us=word.cpu_us))
        if word.call is not None:
            self._cpu[word.call] = self._cpu.get(word.call, 0) + word.cpu_us

    def over(self, call: int) -> None:
        """A call has no process left."""
        event = self._over.setdefault(call, asyncio.Event())
        event.set()
        if call in self._returned:
            self._call_ended(call)

    def lost(self, which: str) -> None:
        """One of the cell's own processes died: without it the cell is not what was promised, so the episode ends."""
        self.keep(asyncio.ensure_future(self._episode.end("cell_died")))

    # -- the life of calls -----------------------------------------------------------------------------------------

    def opened(self, call: int) -> None:
        """A process call was admitted."""
        self._files.active.add(call)

    def returned(self, call: int) -> None:
        """A call has given its result; what still lives of it is background."""
        self._returned.add(call)
        if call not in self._begun:
            self._files.active.discard(call)  # its set-up failed, so no program of it ever ran
        event = self._over.get(call)
        if event is not None and event.is_set():
            self._call_ended(call)

    async def quiet(self, call: int, seconds: float) -> None:
        """Return when the call has no process left, or after ``seconds``."""
        event = self._over.setdefault(call, asyncio.Event())
        if not event.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await event.wait()

    def living(self, call: int) -> int:
        """Return how many processes of a call live; 0 without a look if its listener hung up."""
        event = self._over.get(call)
        if event is not None and event.is_set():
            return 0
        return sum(1 for process in self.snapshot() if process.call == call)

    def call_of(self, pid: int) -> int | None:
        """Return the call whose tag a process (host pid) carries."""
        tag = self._mark(str(pid))
        return None if tag is None else self._tags.get(tag)

    def cpu_us(self, call: int) -> int:
        """Return the CPU time of a call as known now, microseconds: its control group's, if it has one."""
        cell = self._episode.cell
        exact = cell.groups.cpu_us(call) if cell is not None and cell.groups is not None else None
        if exact is not None:
            return exact
        settled = self._accounts.total_us(call) if self._accounts is not None else 0
        return max(settled, self._cpu.get(call, 0))

    def memory_peak(self, call: int) -> int | None:
        """Return the most memory that a call had at once so far, bytes; None where nobody counts it."""
        cell = self._episode.cell
        return cell.groups.memory_peak(call) if cell is not None and cell.groups is not None else None

    def total_cpu_us(self) -> int:
        """Return the CPU time of all calls."""
        return sum(self.cpu_us(call) for call in set(self._tags.values()) | set(self._cpu))

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Hold on to work that nobody awaits."""
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    # -- looks -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look at processes and files."""
        cell = self._episode.cell
        assert cell is not None
        self._files.start()
        self._scanner = Scanner(cell.made.init, self._tags, self._groups, self._mark)
        self._accounts = Accounts(cell.made.init)
        self._looking = asyncio.create_task(self._look_often())

    def stop(self) -> None:
        """Stop the regular looks."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def look(self) -> int:
        """Look at the processes now: who is there, what they used. Return how many of the workload's live."""
        cell = self._episode.cell
        if self._scanner is None or self._accounts is None or cell is None or cell.dead:
            return 0
        stamp = now()
        scan = self._scanner.scan(stamp.mono_us)
        reaped, self._reaped = self._reaped, []
        settled = self._accounts.settle(scan, reaped, groups=cell.groups.times() if cell.groups is not None else None)
        usages = [usage for usage in settled if usage.call != _PROBE]
        new = [seen for seen in scan.new if not self._is_ours(seen.call, seen.ppid)]
        self._meet(new)
        gone = [seen for seen in scan.gone if not self._is_ours(seen.call, seen.ppid)]
        exits = records.process_exits(gone, reaped=reaped, of_call=self.coordinates, fresh=_fresh)
        used = records.compute_records(usages, ended_calls=self._returned, of_call=self.coordinates, fresh=_fresh)
        ended = {seen.key for seen in scan.gone}
        last, late = self._looking is None, asyncio.get_running_loop().time()
        self._announce(lambda due, seen: last or seen.key in ended or due <= late)
        self.settle()
        self._files.active |= scan.living_calls()
        found: list[Recorded] = [*used, *exits]
        for record in found:
            self._found(record)
        self._episode.pipeline.settle(stamp)
        self._episode.yielding.look(stamp)
        self._disk.look(self._files.active)
        self._budgets(stamp)
        return sum(1 for seen in scan.processes if not self._is_ours(seen.call, seen.ppid))

    def _meet(self, new: list[Seen]) -> None:
        """Wait a moment for the notifier to speak of those that a look has found alive for the first time."""
        if new:
            loop = asyncio.get_running_loop()
            self._met += [(loop.time() + _HEARD_S, seen) for seen in new]
            loop.call_later(_HEARD_S, lambda: self._announce(lambda due, _: due <= loop.time()))

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
        found = records.process_starts(chosen, announced=self._announced.knows, of_call=self.coordinates, fresh=_fresh)
        for record in found:
            self._found(record)

    def _found(self, record: Recorded) -> None:
        cell = self._episode.cell
        self._episode.pipeline.observe(bare.by_keeper(record) if cell is not None and cell.spec.private else record)

    def _mark(self, place: str) -> int | None:
        """Return what ties a process to its call: its UTS tag, in tier U- the keeper above it."""
        cell = self._episode.cell
        if cell is not None and cell.spec.private:
            return subreaper.branch(place, cell.made.init)
        return processes.uts_tag(place)

    async def look_at_files(self, *, thorough: bool = False) -> None:
        """Look at the work directory now and record what changed, for the calls that were open since the last look."""
        await self._files.look(thorough=thorough)

    def all_changes(self) -> list[Change]:
        """Return every change against the work directory as of the last look."""
        return self._files.changes()

    def snapshot(self) -> list[ProcessSnapshot]:
        """Return the process tree now."""
        cell = self._episode.cell
        if cell is None or cell.dead:
            return []
        scan = Scanner(cell.made.init, self._tags, mark=self._mark).scan(now().mono_us)
        return [process for process in scan.snapshots() if not self._is_ours(process.call, process.ppid)]

    def _is_ours(self, call: int | None, parent: int) -> bool:
        """Say whether a process is init's own: its child, without a call's tag. A workload cannot shed its tag."""
        return call is None and self._episode.cell is not None and parent == self._episode.cell.made.init

    def kill_all(self) -> None:
        """Kill everything in the cell but its init."""
        cell = self._episode.cell
        if cell is not None:
            cell.signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of descriptors and of work that is still going on."""
        for group in (*self._groups, self._payer):
            self._forget(group)
        if self.denials is not None:
            self.denials.close()
        self.stop()
        self._files.close()
        for task in list(self._kept):
            task.cancel()

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _look_often(self) -> None:
        rounds, ticks = 0, 0
        while True:
            await asyncio.sleep(_LOOK_S)
            ticks += 1
            self.keep(asyncio.ensure_future(self._look_at_ledger()))
            if ticks % _PROBE_EVERY == _FIRST_PROBE:
                self.keep(asyncio.ensure_future(self._probe()))
            if any(not event.is_set() for event in self._over.values()) or self.unfinished() or self._reaped:
                self.look()
                rounds += 1
                if rounds % _FILES_EVERY == 0:
                    self._files.look_soon()

    async def _look_at_ledger(self) -> None:
        await ledger_watch.look(self._episode.services.ledger, lambda: self._episode.shut, self._episode.end)

    async def _probe(self) -> None:
        """Try again what must fail; a wall that has gone ends the episode. No answer proves nothing either way."""
        if self._episode.shut is not None:
            return
        try:
            await probing.attempt(self._episode, full=False)
        except ControlUnavailable:
            await self._episode.end("probe_failed")
        except (ProcessLost, OSError):
            pass

    def unfinished(self) -> bool:
        """Say whether any listener still has a process under it; the kernel's word, not a scan's."""
        return any(not self._is_over(call) for call in self._tags.values())

    def _is_over(self, call: int) -> bool:
        event = self._over.get(call)
        return event is not None and event.is_set()

    def _budgets(self, stamp: Stamp) -> None:
        """End calls that have gone beyond a budget that the kernel does not keep."""
        cell = self._episode.cell
        assert cell is not None
        if self._episode.profile.mode == "observe":
            return
        for call in set(self._tags.values()):
            if call != _PROBE and not self._is_over(call):
                over = exceeded(self._episode.profile.budgets, self._episode.pipeline.state, call, stamp.mono_us)
                if over is not None:
                    self.over_budget.setdefault(call, over)
                    self.end_call(call)

    def end_call(self, call: int) -> None:
        """Kill every process of one call, wherever it went, by its control group or its tag."""
        cell = self._episode.cell
        if cell is not None and cell.groups is not None and cell.groups.kill_call(call):
            return
        for process in self.snapshot():
            if process.call == call:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)

    def end_for_budget(self, call: int, reason: ReasonCode) -> None:
        """End a call that has gone beyond a budget; the first budget is the one that is told."""
        if self._episode.profile.mode != "observe" and not self._is_over(call):
            self.over_budget.setdefault(call, reason)
            self.end_call(call)

    def _call_ended(self, call: int) -> None:
        if call == _PROBE:
            return
        self._returned.discard(call)
        cell = self._episode.cell
        sent = None
        if cell is not None and cell.groups is not None:
            group = cell.groups.identity(call)
            self._groups.pop(group, None)
            sent = self._forget(group)
            cell.groups.finish(call)
        self._episode.pipeline.observe(
            CallEnded(
                id=new_id("end"),
                at=now(),
                coordinates=self.coordinates(call),
                cpu_us=self.cpu_us(call),
                processes=0,
                memory_peak=self.memory_peak(call),
                sent_bytes=sent,
            )
        )

    def _forget(self, group: int) -> int | None:
        """Take a group from the kernel's programs; return the bytes that it sent, None where nobody counts them."""
        tier_r = self._episode.services.tier_r
        return tier_r.sensor.forget(group) if isinstance(tier_r, TierR) else None

    def settle(self, *, last: bool = False) -> None:
        """Record what tier R's sensors have kept back long enough; ``last``: everything."""
        self.kernel.settle(last=last)
        if self.denials is not None:
            self.denials.settle(last=last)

    def coordinates(self, call: int | None) -> Coordinates:
        """Return the coordinates of a call, or (None) of the episode."""
        return self._episode.coordinates if call is None else self._episode.coordinates_of(call)


def _fresh() -> tuple[str, Stamp]:
    return new_id("obs"), now()
