"""The episode of one container: opened, watched, struck like any other, and left as its end asks for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from vigiles.cell.authority import terminates
from vigiles.cell.container import Container
from vigiles.gate.gate import Gate, refused
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import CallEnded, EpisodeEnded
from vigiles.model.errors import ControlUnavailable, Refused
from vigiles.model.feedback import Feedback
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.base import Observation
from vigiles.model.plain import text
from vigiles.model.reason import ReasonCode, agent_text
from vigiles.model.response import Response, ResponseKind
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.judge import PrincipalRef
from vigiles.runtime.approving import held
from vigiles.runtime.attach import controls
from vigiles.runtime.attach.door import AttachedDoor
from vigiles.runtime.attach.place import AttachedPlace
from vigiles.runtime.attach.watch import CALL, AttachedWatch
from vigiles.runtime.beginning.records import opening_records
from vigiles.runtime.listening import tell
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.pipeline import Pipeline
from vigiles.runtime.strike import Strikes
from vigiles.runtime.watching import ledger as ledger_watch
from vigiles.runtime.watching.kernel_sensor import KernelSensor

_LOOK_S = 0.25
_DEVICES_EVERY = 8
_DEATH_S, _DEATH_STEP_S = 10.0, 0.02

#: Ends after which the container has no way out, until a person lifts that.
_SHUT_IN = ("cell_died", "ledger_unwritable")

#: Why it is over. ``left``: by whoever attached; ``gone``: nothing lives in the container any more.
Over = Literal["left", "gone", "stopped", "response", "cell_died", "ledger_unwritable", "refused"]


class Attached:
    """Use: :meth:`open`, wait for ``over``, :meth:`end`, :meth:`close`.

    ``kept``: what stands when we have gone, on purpose.
    """

    def __init__(
        self, home: Path, ledger: RecorderClient, ruleset: Ruleset, coordinates: Coordinates, container: Container
    ) -> None:
        self.home, self.ledger, self.ruleset, self.profile = home, ledger, ruleset, ruleset.profile
        self.coordinates = coordinates
        self.principal = PrincipalRef(kind="agent", name="agent")
        self.shut: ReasonCode | None = None
        self.on_finding: Callable[[Finding], None] | None = None
        self.on_response: Callable[[Response], None] | None = None
        self.over: asyncio.Future[Over] = asyncio.get_running_loop().create_future()
        self.kept: list[str] = []
        self._container = container
        self._group = container.identity()
        self._sensor: KernelSensor | None = None
        self._act: tuple[Act, list[ReasonCode]] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._ledger_watch: asyncio.Task[None] | None = None
        self._ending: asyncio.Future[None] | None = None
        self._opened = False
        state = BudgetState(now().mono_us)
        self.pipeline = Pipeline(self.profile, ledger, state, self._strike, self._notify)
        self.gate = Gate(ledger, ruleset.judge, ruleset.digest, state, lambda: self.shut, self.pipeline.see)
        self.watch = AttachedWatch(container, coordinates, self.pipeline.observe)
        self.cell: AttachedPlace | None = AttachedPlace(container, None)
        self.strikes = Strikes(self)

    def _strike(self, incident: Incident, finding: Finding, kinds: list[ResponseKind]) -> None:
        self.strikes.plan(incident, kinds)

    def _notify(self, finding: Finding) -> None:
        tell(self.on_finding, finding)

    async def open(self, *, door: bool) -> None:
        """Record the ruleset and the opening, have the gate judge the attaching, put up the sensors, then the door.

        Raises what stops it; then nothing is left.
        """
        held.refuse_held(self.home, self.coordinates.model_version)
        if self.profile.egress.credentials:
            raise ControlUnavailable(
                "credentials", "what runs already can be given no placeholders", "attach with a profile without credentials"
            )
        if door and terminates(self.profile.egress):
            raise ControlUnavailable(
                "TLS termination",
                "what runs already cannot be made to trust the door",
                'attach with a profile that says egress.tls = "pass"',
            )
        opening = opening_records(self.coordinates, self.principal, self.ruleset, "attached")
        await self.ledger.append(opening, True)
        self._opened = True
        for record in opening:
            self.pipeline.see(record)
        try:
            await self._admit(door=door)
            # Before the door: what its first moments refuse has its processes on record.
            self._sensor = KernelSensor.open(self._container.path)
            self._sensor.assign(self._group, self.watch, CALL)
            self._sensor.listen()
            self.watch.look()
            if door:
                config = msgspec.structs.replace(outfit.door_config(self.profile, self.coordinates), redirected=True)
                made = await AttachedDoor.open(self._container, config, self._observed, self._door_gone)
                self.cell = AttachedPlace(self._container, made)
                self.watch.door = True
            assert self.cell is not None
            self.pipeline.observe(controls.ready(self.coordinates, self.profile, self.cell))
        except BaseException:
            await self.end("refused")
            raise
        self._looking = asyncio.create_task(self._look_often())
        self._looking.add_done_callback(self._looked)

    async def _admit(self, *, door: bool) -> None:
        """Have the gate judge that what the container does is the one call of this episode. Raises :class:`Refused`."""
        act = Act(
            id=new_id("act"),
            at=now(),
            coordinates=self.watch.coordinates,
            principal=self.principal.name,
            kind="process",
            tool="attach",
            arguments={"cgroup": text(self._container.path.encode("utf-8", "surrogateescape")), "door": door},
        )
        verdict = await self.gate.admit(act, self.principal)
        self._act = act, [verdict.reason]
        if verdict.decision not in ("allow", "modify"):
            self.gate.finish(refused(act))
            raise Refused(verdict.reason, agent_text(verdict.reason), "see the profile's rules: vigiles rules explain")

    def _observed(self, record: Recorded) -> None:
        call = record.attribution.call if isinstance(record, Observation) else None
        where = self.coordinates if call is None else self.watch.coordinates
        placed: Recorded = msgspec.structs.replace(record, coordinates=where)
        self.pipeline.observe(placed)

    def _door_gone(self) -> None:
        if self._ending is None:
            self.finish("cell_died")

    def finish(self, why: Over) -> None:
        """Say that it is over; the first word counts."""
        if not self.over.done():
            self.over.set_result(why)

    def _looked(self, task: asyncio.Task[None]) -> None:
        """Looks end when we do; before that they end by an error of ours, after which nobody watches."""
        if not task.cancelled() and task.exception() is not None:
            self.finish("cell_died")

    async def _look_often(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(_LOOK_S)
            ticks += 1
            if self._ledger_watch is None or self._ledger_watch.done():
                look = ledger_watch.look(self.ledger, lambda: self.shut, self._unwritable)
                self._ledger_watch = asyncio.create_task(look)
            if ticks % _DEVICES_EVERY == 0 and self.cell is not None and self.cell.door is not None:
                self.cell.door.refresh()
            self.watch.look()
            self.pipeline.settle(now())
            if not self._container.populated():
                self.finish("gone")

    async def _unwritable(self, reason: str) -> None:
        """Nothing of the container can be recorded: it is not ours to kill, but nothing of it leaves any more."""
        self.finish("ledger_unwritable")

    # -- the end ---------------------------------------------------------------------------------------------------

    async def end(self, reason: str) -> None:
        """End the episode. ``response`` and ``stopped`` kill the container; ``closed`` leaves it as it is, but for a door
        that nobody has cut, which is lifted; when the door has died, or nothing can be recorded, its tables stay. The first
        reason counts.
        """
        if self._ending is None:
            self.shut = "episode_ended"
            self.finish("response" if reason == "response" else "stopped" if reason == "stopped" else "left")
            self._ending = asyncio.ensure_future(self._end(reason))
        await asyncio.shield(self._ending)

    async def _end(self, reason: str) -> None:
        leftover = 0
        for task in (self._looking, self._ledger_watch):
            if task is not None:
                task.cancel()
        if reason in ("response", "stopped"):
            leftover = await self._kill()
        sent = self._unwatch()
        await self._leave_door(reason)
        if self.cell is not None:
            self.cell.dead = True
        self._record_end(reason, leftover, self.watch.cpu_us(), sent)

    async def _kill(self) -> int:
        living = self.watch.look()
        with contextlib.suppress(OSError):  # its group is gone, or it is said below
            self._container.kill()
            for _ in range(round(_DEATH_S / _DEATH_STEP_S)):
                if not self._container.populated():
                    return living
                await asyncio.sleep(_DEATH_STEP_S)
        if self._container.populated():
            self.kept.append("processes that cannot be killed")
        return living

    def _unwatch(self) -> int | None:
        """Take the sensors down; return the bytes that the container's sockets sent."""
        if self._sensor is None:
            return None
        sent = self._sensor.forget(self._group)  # all events that wait are handed out before
        self._sensor.close()
        self._sensor = None
        self.watch.look(last=True)
        return sent

    async def _leave_door(self, reason: str) -> None:
        """Let the container out as before, unless somebody wanted it in: after a cut or a freeze, or without its door."""
        cell = self.cell
        if cell is None:
            return
        struck = cell.was_cut or (self._container.populated() and self._container.frozen())
        if self._container.populated() and self._container.frozen():
            self.kept.append("frozen")
        if cell.door is None:
            return
        if (struck or reason in _SHUT_IN) and self._container.populated():
            self.kept.append("no way out")
        else:
            try:
                cell.door.lift()
            except OSError:
                self.kept.append("no way out")
        await cell.door.close()

    def _record_end(self, reason: str, leftover: int, cpu_us: int, sent: int | None) -> None:
        if self._act is not None and self.gate.unfinished(self._act[0]):
            act, _ = self._act
            self.gate.finish(
                Result(
                    id=new_id("res"),
                    at=now(),
                    coordinates=act.coordinates,
                    act=act.id,
                    outcome="failed" if reason == "refused" else "performed",
                    wall_us=now().mono_us - act.at.mono_us,
                    cpu_us=cpu_us,
                )
            )
            self.pipeline.observe(
                CallEnded(
                    id=new_id("end"), at=now(), coordinates=act.coordinates, cpu_us=cpu_us, processes=0, sent_bytes=sent
                )
            )
        if self._opened:
            self.pipeline.observe(
                EpisodeEnded(
                    id=new_id("eed"),
                    at=now(),
                    coordinates=self.coordinates,
                    reason=reason,  # type: ignore[arg-type]  # the callers in this room pass its literals
                    leftover=leftover,
                    cpu_us=cpu_us,
                )
            )

    async def close(self) -> None:
        """Record the feedback, and write what is left to the ledger."""
        await self.strikes.idle()
        await self.end("closed")
        if self._act is not None:
            act, reasons = self._act
            value, why = self.pipeline.feedback(CALL, [*reasons])
            self.pipeline.observe(
                Feedback(id=new_id("fbk"), at=now(), coordinates=act.coordinates, act=act.id, value=value, reasons=why)
            )
        self.strikes.close()
        await self.ledger.flush()

    def hold_model(self) -> None:
        """Refuse further episodes of this model version until a person lifts the hold."""
        held.hold(self.home, self.coordinates.model_version)
