"""Warm cells: prepared but for the work directory, so that an episode need not wait for one to be made.

Cells are kept by *kind*: everything about a cell that does not depend on the episode. An episode takes one of its kind and
adopts it; a cell is never used twice. What is taken is replaced in the background, one at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field

import msgspec

from vigiles.cell.door.config import DoorConfig
from vigiles.cell.groups import CellGroups
from vigiles.cell.handle import Cell, Watcher
from vigiles.cell.launching import Launcher
from vigiles.cell.spec import CellSpec
from vigiles.ledger.mint import new_id
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import ControlUnavailable, ProcessLost
from vigiles.ruleset.profile import Budgets
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.tier_r import TierR

#: A cell without an episode.
NOWHERE = Coordinates(run="", episode="")


class Kind(msgspec.Struct, frozen=True):
    """What two cells have in common of which each can stand for the other. ``in_r``: in tier R."""

    spec: CellSpec
    config: DoorConfig | None
    budgets: Budgets
    in_r: bool

    @classmethod
    def of(cls, spec: CellSpec, config: DoorConfig, budgets: Budgets, *, in_r: bool) -> Kind:
        """Return the kind of a cell as tier U has it; its episode and work directory count for nothing."""
        nameless = msgspec.structs.replace(spec, run="", episode="", workdir="")
        door = msgspec.structs.replace(config, coordinates=NOWHERE) if spec.network else None
        return cls(nameless, door, budgets, in_r)


class _Idle(Watcher):
    """Nothing happens in a warm cell but its death."""

    def __init__(self) -> None:
        self.dead = False

    def lost(self, which: str) -> None:
        self.dead = True


@dataclass
class Lodging:
    """A warm cell with what tier R lent for it."""

    cell: Cell
    admitted: tuple[int, CellGroups] | None
    idle: _Idle

    @property
    def alive(self) -> bool:
        """Whether all its processes run."""
        return not self.idle.dead and not self.cell.dead


@dataclass
class WarmCells:
    """The warm cells of one supervisor."""

    launcher: Launcher
    tier_r: TierR | None
    _kinds: list[tuple[Kind, int]] = field(default_factory=list)
    _kept: list[tuple[Kind, deque[Lodging]]] = field(default_factory=list)
    _filling: asyncio.Task[None] | None = None
    _closed: bool = False

    async def keep(self, kind: Kind, count: int) -> None:
        """Keep ``count`` cells of a kind from now on; return when they stand. Raises what stops a start."""
        self._kinds = [(known, wanted) for known, wanted in self._kinds if known != kind]
        if count:
            self._kinds.append((kind, count))
        else:
            for lodging in self._of(kind):
                self._drop(lodging)
            self._of(kind).clear()
        if self._filling is not None:
            await self._filling
        await self._fill()

    def take(self, kind: Kind) -> Lodging | None:
        """Return a warm cell of a kind, which is the caller's from now on; None if none is kept, or none is ready."""
        if not any(known == kind for known, _ in self._kinds):
            return None
        waiting, found = self._of(kind), None
        while waiting and found is None:
            lodging = waiting.popleft()
            if lodging.alive:
                found = lodging
            else:
                self._drop(lodging)
        if self._filling is None and not self._closed:
            self._filling = asyncio.create_task(self._fill_quietly())
        return found

    def ready(self, kind: Kind) -> int:
        """Return how many cells of a kind wait."""
        return sum(lodging.alive for lodging in self._of(kind))

    async def close(self) -> None:
        """End all warm cells."""
        self._closed = True
        if self._filling is not None:
            self._filling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._filling
        for _, waiting in self._kept:
            for lodging in waiting:
                self._drop(lodging)
            waiting.clear()

    def _of(self, kind: Kind) -> deque[Lodging]:
        for known, waiting in self._kept:
            if known == kind:
                return waiting
        self._kept.append((kind, deque()))
        return self._kept[-1][1]

    async def _fill_quietly(self) -> None:
        """Replace what was taken. What fails now is told when a cell of that kind is made for an episode."""
        try:
            with contextlib.suppress(ControlUnavailable, ProcessLost, TimeoutError):
                await self._fill()
        finally:
            self._filling = None

    async def _fill(self) -> None:
        while True:
            kind = (
                None if self._closed else next((kind for kind, wanted in self._kinds if len(self._of(kind)) < wanted), None)
            )
            if kind is None:
                return
            lodging = await self._prepare(kind)
            wanted = not self._closed and any(known == kind and len(self._of(kind)) < count for known, count in self._kinds)
            if wanted:
                self._of(kind).append(lodging)
            else:
                self._drop(lodging)

    async def _prepare(self, kind: Kind) -> Lodging:
        admitted, spec = None, kind.spec
        if kind.in_r and self.tier_r is not None:
            admitted = self.tier_r.admit(new_id("warm"), kind.budgets)
            spec = outfit.in_tier_r(spec, admitted[0], denials=False)
        idle = _Idle()
        try:
            cell = await self.launcher.make(spec, kind.config, idle, admitted[1] if admitted else None)
        except BaseException:
            if admitted and self.tier_r is not None:
                self.tier_r.dismiss(*admitted)
            raise
        return Lodging(cell, admitted, idle)

    def _drop(self, lodging: Lodging) -> None:
        self.launcher.drop(lodging.cell)
        if lodging.admitted and self.tier_r is not None:
            self.tier_r.dismiss(*lodging.admitted)
