"""The episode's watch: hears the notifier, the door and init, knows where each call stands, and has everything looked at.

Every record gets the full coordinates of its call here: below, only the call's number is known.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from vigiles.cell.handle import Watcher
from vigiles.cell.messages import Exited
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
from vigiles.runtime.listening import unforeseen
from vigiles.runtime.tier_r import TierR
from vigiles.runtime.watching import ledger as ledger_watch
from vigiles.runtime.watching import probing
from vigiles.runtime.watching.denial_sensor import DenialWatch
from vigiles.runtime.watching.disk import DiskWatch
from vigiles.runtime.watching.files import FileWatch
from vigiles.runtime.watching.kernel_sensor import KernelWatch
from vigiles.runtime.watching.processes import ProcessWatch
from vigiles.sensors.change import Change

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

_PROBE = probing.CALL
#: Looks until the first and between further probes of a running cell: one second, one minute.
_FIRST_PROBE, _PROBE_EVERY = 4, 240
_LOOK_S = 0.25
_FILES_EVERY = 8


class Watch(Watcher):
    """One episode's watch. ``start`` begins the regular looks; before it, words are only passed on.

    ``over_budget``: the calls that were ended because a budget ran out, and which.
    """

    def __init__(self, episode: Episode) -> None:
        self._episode = episode
        self._processes = ProcessWatch(episode, self)
        self._payer = 0
        self.kernel = KernelWatch(self)
        self.denials: DenialWatch | None = None
        self._over: dict[int, asyncio.Event] = {}
        self._returned: set[int] = set()
        self._begun: set[int] = set()
        self.over_budget: dict[int, ReasonCode] = {}
        self._files = FileWatch(episode, self._is_over)
        self._disk = DiskWatch(episode)
        self._looking: asyncio.Task[None] | None = None
        self._at_ledger: asyncio.Future[None] | None = None
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
            self._processes.told(record)
            if self.denials is not None:
                self.denials.started(record.pid, call)
        placed: Recorded = msgspec.structs.replace(record, coordinates=self.coordinates(call))
        self._episode.pipeline.observe(placed)

    def tagged(self, call: int, uts: int) -> None:
        """Remember a call's UTS tag. It has begun, and may write from now on."""
        self._processes.tagged(call, uts)
        self._begun.add(call)
        if call != _PROBE:
            self._files.active.add(call)

    def grouped(self, call: int, group: int) -> None:
        """Remember a call's control group; have the kernel's programs watch it."""
        self._processes.groups[group] = call
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
        """Init reaped a process."""
        self._processes.reaped(word)

    def over(self, call: int) -> None:
        """A call has no process left."""
        self._processes.over(call)
        event = self._over.setdefault(call, asyncio.Event())
        event.set()
        if call in self._returned:
            self._call_ended(call)

    def lost(self, which: str) -> None:
        """One of the cell's own processes died, or a watch failed: it is not what was promised, so the episode ends."""
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
        return self._processes.call_of(pid)

    def cpu_us(self, call: int) -> int:
        """Return the CPU time of a call as known now, microseconds."""
        return self._processes.cpu_us(call)

    def memory_peak(self, call: int) -> int | None:
        """Return the most memory that a call had at once so far, bytes; None where nobody counts it."""
        cell = self._episode.cell
        return cell.groups.memory_peak(call) if cell is not None and cell.groups is not None else None

    def total_cpu_us(self) -> int:
        """Return the CPU time of all calls."""
        return self._processes.total_cpu_us()

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Hold on to work that nobody awaits."""
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    # -- looks -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look at processes and files."""
        self._files.start()
        self._processes.start()
        self._looking = asyncio.create_task(self._look_often())

    def stop(self) -> None:
        """Stop the regular looks."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def look(self) -> int:
        """Look at the processes now: who is there, what they used. Return how many of the workload's live."""
        stamp = now()
        scan = self._processes.look(stamp, over=self._returned, last=self._looking is None)
        if scan is None:
            return 0
        self.settle()
        self._files.active |= scan.living_calls()
        self._episode.pipeline.settle(stamp)
        self._episode.yielding.look(stamp)
        self._disk.look(self._files.active)
        self._budgets(stamp)
        return len(self._processes.workload(scan.processes))

    async def look_at_files(self, *, thorough: bool = False) -> None:
        """Look at the work directory now and record what changed, for the calls that were open since the last look."""
        await self._files.look(thorough=thorough)

    def all_changes(self) -> list[Change]:
        """Return every change against the work directory as of the last look."""
        return self._files.changes()

    def snapshot(self) -> list[ProcessSnapshot]:
        """Return the process tree now."""
        return self._processes.snapshot()

    def close(self) -> None:
        """Let go of descriptors and of work that is still going on."""
        for group in (*self._processes.groups, self._payer):
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
            try:
                if self._at_ledger is None or self._at_ledger.done():
                    self._at_ledger = asyncio.ensure_future(self._look_at_ledger())
                    self.keep(self._at_ledger)
                if ticks % _PROBE_EVERY == _FIRST_PROBE:
                    self.keep(asyncio.ensure_future(self._probe()))
                if self._processes.waiting or self.unfinished() or not all(map(asyncio.Event.is_set, self._over.values())):
                    self.look()
                    rounds += 1
                    if rounds % _FILES_EVERY == 0:
                        self._files.look_soon()
            except ReferenceError:
                return  # the episode was let go without an end
            except Exception as error:
                # Whom nobody looks at is held to nothing: no budget, no probe, no record.
                unforeseen("a look at an episode failed", error)
                self.lost("watch")
                return

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
        return any(not self._is_over(call) for call in self._processes.calls)

    def _is_over(self, call: int) -> bool:
        event = self._over.get(call)
        return event is not None and event.is_set()

    def _budgets(self, stamp: Stamp) -> None:
        """End calls that have gone beyond a budget that the kernel does not keep."""
        cell = self._episode.cell
        assert cell is not None
        if self._episode.profile.mode == "observe":
            return
        for call in self._processes.calls:
            if call != _PROBE and not self._is_over(call):
                over = exceeded(self._episode.profile.budgets, self._episode.pipeline.state, call, stamp.mono_us)
                if over is not None:
                    self.over_budget.setdefault(call, over)
                    self.end_call(call)

    def end_call(self, call: int) -> None:
        """Kill every process of one call, wherever it went."""
        self._processes.end_call(call)

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
            self._processes.groups.pop(group, None)
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
