"""The notifier's table of calls: which listener, which UTS tag, and records stamped with the right coordinates."""

from __future__ import annotations

import os

import msgspec

from vigiles.cell.spec import CellSpec
from vigiles.kernel import processes
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import NOBODY, Attribution, Trigger
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.sensor import Gap
from vigiles.model.stamp import Stamp


class Known(msgspec.Struct):
    """One call: its listener, its UTS namespace (inode, held open so that the number is never used again)."""

    call: int
    uts: int
    held: int
    coordinates: Coordinates
    executed: bool = False


class Calls(msgspec.Struct):
    """All calls of one cell, ended ones included: a tag outlives its listener in no process, but answers need it."""

    cell: CellSpec
    by_listener: dict[int, Known] = {}
    by_uts: dict[int, Known] = {}

    def add(self, call: int, listener: int, uts: int) -> Known:
        """Remember a new call; takes over the descriptor ``uts``."""
        coordinates = Coordinates(run=self.cell.run, episode=self.cell.episode, call=call)
        known = Known(call=call, uts=os.fstat(uts).st_ino, held=uts, coordinates=coordinates)
        self.by_listener[listener] = known
        self.by_uts[known.uts] = known
        return known

    def drop(self, listener: int) -> None:
        """Forget a listener that hung up; the tag stays held until the cell ends."""
        self.by_listener.pop(listener, None)

    def of_process(self, pid: int) -> Known | None:
        """Return the call whose UTS tag a process carries."""
        tag = processes.uts_tag(pid)
        return self.by_uts.get(tag) if tag is not None else None

    def gap(self, what: str, known: Known | None, count: int = 1) -> Gap:
        """Return the record of something that was not seen."""
        record, at = fresh()
        return Gap(
            id=record,
            at=at,
            coordinates=known.coordinates if known else Coordinates(run=self.cell.run, episode=self.cell.episode),
            sensor="notifier",
            attribution=Attribution(grade="exact", call=known.call, methods=["listener"]) if known else NOBODY,
            what=what,
            count=count,
        )

    def attribution(self, known: Known, pid: int, *, second: bool, trigger: Trigger | None = None) -> Attribution:
        """Return an exact attribution by listener; with ``second`` compare the UTS tag too, and say so if it differs.

        A process that has ended by now has no tag to compare.
        """
        return self.by_tag(known, processes.uts_tag(pid) if second else None, trigger)

    def by_tag(self, known: Known, tag: int | None, trigger: Trigger | None = None) -> Attribution:
        """Return an exact attribution by listener, compared with the UTS tag of the process; None: there is no tag."""
        if tag is None:
            return Attribution(grade="exact", call=known.call, methods=["listener"], trigger=trigger)
        if tag == known.uts:
            return Attribution(grade="exact", call=known.call, methods=["listener", "uts"], trigger=trigger)
        other = self.by_uts.get(tag)
        tagged = "unknown" if other is None else str(other.call)
        return Attribution(
            grade="exact",
            call=known.call,
            methods=["listener"],
            trigger=trigger,
            disagreement=[f"listener={known.call}", f"uts={tagged}"],
        )


def fresh() -> tuple[str, Stamp]:
    """Return the id and stamp of a new observation."""
    return new_id("obs"), now()
