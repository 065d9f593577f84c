"""What Landlock refused, from the machine's audit records: one reader for a supervisor, each episode takes its own out.

Opened by the first profile that asks for denials, because having audit records made costs every process of the machine a
little until it is started again (see :mod:`vigiles.kernel.audit_switch`).
"""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING

from vigiles.kernel import audit
from vigiles.kernel.audit_switch import AuditSwitch
from vigiles.ledger.mint import new_id, now
from vigiles.model.errors import ControlUnavailable
from vigiles.model.observation.denial import Denied
from vigiles.model.observation.sensor import Gap
from vigiles.model.stamp import Stamp
from vigiles.sensors import records
from vigiles.sensors.denials import Denials

if TYPE_CHECKING:
    from vigiles.runtime.watching.watch import Watch

_AT_ONCE = 512


class DenialSensor:
    """The machine's audit records about Landlock, for the episodes that want them."""

    def __init__(self, switch: AuditSwitch, reader: audit.AuditReader) -> None:
        self._switch = switch
        self._reader = reader
        self._overruns = 0
        self._wanted: list[weakref.ref[DenialWatch]] = []
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(reader.fileno(), self.take)

    @classmethod
    def open(cls) -> DenialSensor:
        """Have audit records made and read them. Raises ControlUnavailable."""
        try:
            switch = AuditSwitch.hold()
        except OSError as error:
            raise _unavailable(error) from error
        try:
            return cls(switch, audit.AuditReader.open(audit.OF_LANDLOCK))
        except OSError as error:
            switch.restore()
            raise _unavailable(error) from error

    def add(self, watch: Watch, uid: int) -> DenialWatch:
        """Return the part of an episode whose cell alone has this uid."""
        made = DenialWatch(watch, uid, self)
        self._wanted.append(weakref.ref(made))
        return made

    def leave(self, watch: DenialWatch) -> None:
        """An episode is over: nothing is handed to it any more."""
        self._wanted = [reference for reference in self._wanted if reference() not in (watch, None)]

    def lost(self) -> int:
        """Return how many audit records the kernel has dropped since it started; 0 if it does not say."""
        try:
            return audit.status().lost
        except OSError:
            return 0

    def take(self) -> None:
        """Hand out the records that wait, a bounded number at once."""
        taken = self._reader.read(_AT_ONCE)
        overrun, self._overruns = self._reader.overruns - self._overruns, self._reader.overruns
        living = [(reference, found) for reference in self._wanted if (found := reference()) is not None]
        self._wanted = [reference for reference, _ in living]
        for _, one in living:
            one.feed(taken, overrun)

    def close(self) -> None:
        """Stop reading; the last of us to leave switches off what we switched on."""
        self._loop.remove_reader(self._reader.fileno())
        self._reader.close()
        self._switch.restore()


class DenialWatch:
    """One episode's denials, made into observations."""

    def __init__(self, watch: Watch, uid: int, sensor: DenialSensor) -> None:
        self._watch = watch
        self._sensor = sensor
        self._lost = sensor.lost()
        self._calls: dict[int, int | None] = {}
        self._denials = Denials(call_of=self._call_of, coordinates=watch.coordinates, fresh=_fresh, uid=uid)

    def started(self, pid: int, call: int | None) -> None:
        """Remember whose a process is; one number for two calls says nothing any more."""
        self._calls[pid] = call if self._calls.get(pid, call) == call else None

    def feed(self, taken: list[tuple[int, bytes]], overrun: int) -> None:
        """Take audit records; ``overrun``: how often the kernel had more than there was room for."""
        self._tell(self._denials.feed(taken))
        if overrun:
            for gap in self._gaps({"audit_overrun": overrun}):
                self._watch.observed(gap)

    def settle(self, *, last: bool = False) -> None:
        """Record what has waited long enough; ``last``: everything."""
        self._tell(self._denials.settle(final=last))
        missed = self._denials.take_missed()
        if last and (lost := self._sensor.lost() - self._lost) > 0:
            # Whose they were nobody knows: a neighbour's flood fills the room in which this cell's records wait too.
            missed["audit_lost"] = lost
            self._lost += lost
        for gap in self._gaps(missed):
            self._watch.observed(gap)

    def close(self) -> None:
        """Take no more records: the episode they would belong to is gone."""
        self._sensor.leave(self)

    def _gaps(self, missed: dict[str, int]) -> list[Gap]:
        return records.gaps(missed, sensor="landlock", coordinates=self._watch.coordinates(None), fresh=_fresh)

    def _tell(self, found: list[Denied]) -> None:
        for denied in found:
            self._watch.observed(denied)

    def _call_of(self, pid: int) -> int | None:
        return self._calls[pid] if pid in self._calls else self._watch.call_of(pid)


def _fresh() -> tuple[str, Stamp]:
    return new_id("obs"), now()


def _unavailable(error: OSError) -> ControlUnavailable:
    return ControlUnavailable(
        "Landlock denials",
        f"no audit records can be had ({error.strerror or error})",
        "run as root outside of any container, without `auditctl -f 2`, or drop files.denials",
    )
