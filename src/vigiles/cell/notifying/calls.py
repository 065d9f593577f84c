"""The notifier's table of calls: which listener, which UTS tag, and records stamped with the right coordinates."""

from __future__ import annotations

import os
from collections import deque

import msgspec

from vigiles.cell.spec import CellSpec
from vigiles.kernel import pidfd, processes
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import NOBODY, Attribution, Method, Trigger
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.sensor import Gap
from vigiles.model.stamp import Stamp

#: Ended calls whose tag stays held. A tag that is let go may be worn by the next call at once, and whoever is told of ends
#: and of new tags may be that far behind.
HELD = 128


class Known(msgspec.Struct):
    """One call: its listener, its UTS namespace (inode, held open so that the number is not used again meanwhile).

    ``group``: the number of its control group, 0 if it has none.
    """

    call: int
    uts: int
    held: int
    coordinates: Coordinates
    executed: bool = False
    group: int = 0


class Calls(msgspec.Struct):
    """All calls of one cell that live, and the last that ended: a tag outlives its listener in no process."""

    cell: CellSpec
    by_listener: dict[int, Known] = {}
    by_uts: dict[int, Known] = {}
    by_group: dict[int, Known] = {}
    ended: deque[Known] = msgspec.field(default_factory=deque)

    def add(self, call: int, listener: int, uts: int, keeper: int = 0, group: int = 0) -> Known:
        """Remember a new call; takes over the descriptor ``uts``. ``keeper``: the process that marks the call instead."""
        coordinates = Coordinates(run=self.cell.run, episode=self.cell.episode, call=call)
        known = Known(call=call, uts=keeper or os.fstat(uts).st_ino, held=uts, coordinates=coordinates, group=group)
        self.by_listener[listener] = known
        self.by_uts[known.uts] = known
        if group:
            self.by_group[group] = known
        return known

    def drop(self, listener: int) -> None:
        """Forget a listener that hung up; the tag stays held until so many others have ended."""
        known = self.by_listener.pop(listener, None)
        if known is None:
            return
        self.ended.append(known)
        if len(self.ended) > HELD:
            self._forget(self.ended.popleft())

    def _forget(self, known: Known) -> None:
        for table, name in ((self.by_uts, known.uts), (self.by_group, known.group)):
            if table.get(name) is known:
                del table[name]
        os.close(known.held)

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
        """Return an exact attribution by listener; with ``second`` compare the process's own marks, and say if they differ.

        A process that has ended by now has no marks to compare.
        """
        if not second:
            return self.compared(known, None, 0, trigger)
        if not known.group:
            return self.compared(known, processes.uts_tag(pid), 0, trigger)
        who = pidfd.identity(pid)
        return self.compared(known, who.tag, who.group, trigger)

    def compared(self, known: Known, tag: int | None, group: int, trigger: Trigger | None = None) -> Attribution:
        """Return an exact attribution by listener, compared with what the process carries.

        ``tag``: its UTS tag, None if there is none; ``group``: its control group's number, 0 if that is not known.
        """
        methods: list[Method] = ["listener"]
        others: list[str] = []
        if tag == known.uts:
            methods.append("uts")
        elif tag is not None:
            others.append(f"uts={_number(self.by_uts.get(tag))}")
        if known.group and group == known.group:
            methods.append("cgroup")
        elif known.group and group:
            others.append(f"cgroup={_number(self.by_group.get(group))}")
        return Attribution(
            grade="exact",
            call=known.call,
            methods=methods,
            trigger=trigger,
            disagreement=[f"listener={known.call}", *others] if others else [],
        )


def _number(known: Known | None) -> str:
    return "unknown" if known is None else str(known.call)


def fresh() -> tuple[str, Stamp]:
    """Return the id and stamp of a new observation."""
    return new_id("obs"), now()
