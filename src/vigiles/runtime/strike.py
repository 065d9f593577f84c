"""Doing what a plan says about an incident: each strike is an act of ours that passes the gate and is recorded."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from vigiles.gate.gate import Gate
from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import LedgerUnwritable, VigilesError
from vigiles.model.incident import Incident
from vigiles.model.reason import ReasonCode
from vigiles.model.response import FlowSnapshot, ProcessSnapshot, Response, ResponseKind
from vigiles.model.result import Result
from vigiles.responses.acts import response_act
from vigiles.ruleset.judge import PrincipalRef
from vigiles.runtime.listening import tell, unforeseen
from vigiles.runtime.pipeline import Pipeline

VIGILES = PrincipalRef(kind="service", name="vigiles")
#: States of proc(5) in which a stopped process does nothing more: stopped, traced, in the kernel (a vfork whose child
#: stands), dead. A signal takes a moment to be felt.
_STANDING = frozenset("TtDZX")
_STAND_ROUNDS, _STAND_ROUND_S = 50, 0.005


class Freezer(Protocol):
    """The control groups of what is struck."""

    def freeze(self, on: bool) -> None:
        """Stop everything, or let it go on."""

    def frozen(self) -> bool:
        """Say whether everything stands."""


class Place(Protocol):
    """Where what is struck runs: a cell, or a container that was there before. See :class:`vigiles.cell.handle.Cell`."""

    @property
    def dead(self) -> bool:
        """Whether it is over."""

    @property
    def groups(self) -> Freezer | None:
        """Its control groups, if it has any."""

    def halt(self, on: bool, call: int | None = None) -> None:
        """Have everything that leaves be refused at once, as far as that is possible."""

    async def flows(self) -> list[FlowSnapshot]:
        """Return the flows that are open now."""

    async def cut(self, call: int | None = None) -> int:
        """Close the flows and refuse new ones."""

    async def uncut(self, call: int | None = None) -> None:
        """Undo a cut."""

    def signal(self, number: int) -> None:
        """Signal everything that runs there."""


class Sight(Protocol):
    """Who lives there."""

    def snapshot(self) -> list[ProcessSnapshot]:
        """Return the process tree now."""


class Struck(Protocol):
    """The episode that is struck. See :class:`vigiles.runtime.episode.Episode`."""

    shut: ReasonCode | None
    on_response: Callable[[Response], None] | None

    @property
    def coordinates(self) -> Coordinates:
        """Where it stands in the work."""

    @property
    def cell(self) -> Place | None:
        """Where it runs, if that stands."""

    @property
    def watch(self) -> Sight:
        """Who looks at it."""

    @property
    def gate(self) -> Gate:
        """What strikes pass too."""

    @property
    def pipeline(self) -> Pipeline:
        """Where records go."""

    async def end(self, reason: str) -> None:
        """End the episode now."""

    def hold_model(self) -> None:
        """Refuse further episodes of this model version."""


@dataclass
class Found:
    """What a strike saw of the cell."""

    processes: list[ProcessSnapshot] = field(default_factory=list)
    flows: list[FlowSnapshot] = field(default_factory=list)


class Strikes:
    """The strikes of one episode, one at a time, in the order in which they were planned."""

    def __init__(self, episode: Struck) -> None:
        self._episode = episode
        self._queue: asyncio.Queue[tuple[Incident, ResponseKind, float]] = asyncio.Queue()
        self._cut: list[FlowSnapshot] = []
        self._task = asyncio.create_task(self._work())

    def plan(self, incident: Incident, kinds: list[ResponseKind]) -> None:
        """Queue strikes. A cut is felt at once: the notifier refuses before the queue is reached."""
        if "cut_egress" in kinds and self._episode.cell is not None:
            self._episode.cell.halt(True)
        for kind in kinds:
            self._queue.put_nowait((incident, kind, time.monotonic()))

    async def idle(self) -> None:
        """Return when everything planned so far has been done."""
        await self._queue.join()

    def close(self) -> None:
        """Stop striking."""
        self._task.cancel()

    async def _work(self) -> None:
        while True:
            incident, kind, since = await self._queue.get()
            try:
                await self._one(incident, kind, since)
            except LedgerUnwritable:
                await self._must_end()
            except Exception as error:
                unforeseen(f"the strike {kind} failed", error)
                await self._must_end()
            finally:
                self._queue.task_done()

    async def _must_end(self) -> None:
        """End the cell: a strike that cannot be recorded, or done, may not be left out, and a violation may not go on."""
        try:
            await self._episode.end("response")
        except Exception as error:  # the strikes that wait get their turn all the same
            unforeseen("an episode that had to end did not end in order", error)

    async def _one(self, incident: Incident, kind: ResponseKind, since: float) -> None:
        episode = self._episode
        act = response_act(new_id("act"), now(), episode.coordinates, kind, incident, episode.coordinates.episode)
        found = Found()
        error: str | None = None

        async def perform(_: object) -> Result:
            nonlocal error
            try:
                await self._do(kind, found)
                if kind == "freeze" and not _stand(found.processes) and not await self._frozen():
                    error = "some processes could not be stopped"
            except (VigilesError, OSError, TimeoutError) as failure:
                error = str(failure) or type(failure).__name__
            return Result(
                id=new_id("res"),
                at=now(),
                coordinates=act.coordinates,
                act=act.id,
                outcome="performed" if error is None else "failed",
                error=error,
            )

        verdict, result = await episode.gate.through(act, VIGILES, perform)
        allowed = verdict.decision == "allow"
        response = Response(
            id=new_id("rsp"),
            at=now(),
            coordinates=act.coordinates,
            kind=kind,
            act=act.id,
            incident=incident.incident,
            target=episode.coordinates.episode,
            outcome="refused" if not allowed else "done" if error is None else "failed",
            took_us=round((time.monotonic() - since) * 1_000_000),
            processes=found.processes,
            flows=found.flows,
            error=result.error,
        )
        episode.pipeline.responded(response)
        tell(episode.on_response, response)

    async def _do(self, kind: ResponseKind, found: Found) -> None:
        """Do it; what was seen of the cell goes to ``found``, also when it fails half-way."""
        episode = self._episode
        cell = episode.cell
        if kind == "cut_egress" and cell is not None and not cell.dead:
            # The list is asked for first, for a cut flow stands in no later one; both go out before either is done.
            found.processes = episode.watch.snapshot()
            self._cut, _ = await asyncio.gather(cell.flows(), cell.cut())
            found.flows = self._cut
        elif kind == "freeze" and cell is not None and not cell.dead:
            await self._freeze(cell, found)
        elif kind == "thaw" and cell is not None and not cell.dead:
            await self._thaw(cell)
        elif kind == "end_episode":
            await episode.end("response")
        elif kind == "hold_model":
            episode.hold_model()
        elif kind == "end_call":
            raise VigilesError("a single call is ended by the episode's owner", "use end_episode in the profile")

    async def _frozen(self) -> bool:
        """Say whether the cell's control groups stand, within a moment; no, where there are none."""
        cell = self._episode.cell
        if cell is None or cell.groups is None:
            return False
        for _ in range(_STAND_ROUNDS):
            if cell.groups.frozen():
                return True
            await asyncio.sleep(_STAND_ROUND_S)
        return False

    async def _freeze(self, cell: Place, found: Found) -> None:
        """Stop every process of the cell, twice for those born meanwhile, and take the snapshot once all of them stand.

        Flows that a cut has just closed are in it: they are what the freeze is about. The door is asked last, for it may
        not answer, and nothing runs on because of that.
        """
        self._episode.shut = self._episode.shut or "episode_frozen"
        cell.signal(signal.SIGSTOP)
        found.flows = self._cut
        await asyncio.sleep(_STAND_ROUND_S)
        cell.signal(signal.SIGSTOP)
        found.processes = self._episode.watch.snapshot()
        for _ in range(_STAND_ROUNDS):
            if _stand(found.processes) or (cell.groups is not None and cell.groups.frozen()):
                break
            await asyncio.sleep(_STAND_ROUND_S)
            found.processes = self._episode.watch.snapshot()
        if cell.groups is not None:
            # After the signals, so that the snapshot shows stopped processes: it holds those too that signals never reach.
            cell.groups.freeze(True)
        found.flows = [*self._cut, *await cell.flows()]

    async def _thaw(self, cell: Place) -> None:
        """Let a frozen cell go on; one that is being ended stays shut."""
        if self._episode.shut == "episode_frozen":
            self._episode.shut = None
        self._cut = []
        await cell.uncut()
        if cell.groups is not None:
            cell.groups.freeze(False)
        cell.signal(signal.SIGCONT)


def _stand(processes: list[ProcessSnapshot]) -> bool:
    return all(process.state in _STANDING for process in processes)
