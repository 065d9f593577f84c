"""What the kernel's programs see in a container's group, and regular looks at it, as observations of one call.

There is no listener beside them, so nothing is compared: what the kernel lost for want of room is a gap, and a process that
nobody told of is found by the next look.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import msgspec

from vigiles.cell.container import Container
from vigiles.kernel.ebpf.events import Event
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.network import Connect, Transport
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.model.plain import text
from vigiles.model.response import ProcessSnapshot
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.runtime.watching.kernel_sensor import is_inside
from vigiles.sensors import records
from vigiles.sensors.accounts import Accounts
from vigiles.sensors.announced import Announced
from vigiles.sensors.scan import Scanner

#: The whole container is this call.
CALL = 1
_BY_GROUP = Attribution(grade="exact", call=CALL, methods=["cgroup"])
#: A process that has forked and executed nothing is told of when it is this old, microseconds.
_FORKED_US = 250_000
#: A datagram to a place where one was sent is told again after so long; so many places are remembered.
_AGAIN_US, _PLACES = 10_000_000, 1024
_DNS = 53
#: What the kernel tells of, as records.
Told = ProcessStart | ProcessExit | Connect | Gap
_ARGV_BYTES, _ARGV_WORDS = 64 * 1024, 256


class AttachedWatch:
    """One container's watch. ``observe`` takes each record; ``door``: whether a door takes what leaves."""

    def __init__(self, container: Container, coordinates: Coordinates, observe: Callable[[Recorded], None]) -> None:
        self._container = container
        self.coordinates = msgspec.structs.replace(coordinates, turn=1, call=CALL)
        self._observe = observe
        self._announced = Announced()
        self._forked: dict[int, Event] = {}
        self._sent: dict[tuple[str, int], int] = {}
        # A process's group is what makes it the container's: whoever is listed there carries the one mark there is.
        self._scanner = Scanner(0, {0: CALL}, mark=lambda place: 0, members=container.processes)
        self._accounts = Accounts(0)
        self.door = False
        self._cpu_before = container.cpu_us()

    @property
    def kernel(self) -> AttachedWatch:
        """What takes the kernel's events: this."""
        return self

    def saw(self, event: Event, call: int) -> None:
        """Take one event of the container's processes or sockets."""
        if event.kind == "fork":
            self._forked[event.pid] = event
        elif event.kind == "exec":
            self._forked.pop(event.pid, None)
            self._announced.add(event.pid, event.time_ns // 1000)
            self._started(event, "exec")
        elif event.kind == "exit":
            forked = self._forked.pop(event.pid, None)
            if forked is not None:
                self._started(forked, "fork")
            self._ended(event)
        elif event.kind == "connect":
            # A connected datagram socket may send without a further word, so its connecting is told too.
            self._reached(event, "udp" if event.protocol == 17 else "tcp")
        elif event.kind == "send":
            self._sending(event)

    def lost(self, call: int | None, count: int) -> None:
        """Events found no room, so they were not seen."""
        self._tell(
            Gap,
            what="kernel events",
            count=count,
        )

    def look(self, *, last: bool = False) -> int:
        """Look at the processes now; return how many live. ``last``: tell of all that was kept back."""
        stamp = now()
        for pid, event in list(self._forked.items()):
            if last or stamp.mono_us - event.time_ns // 1000 >= _FORKED_US:
                del self._forked[pid]
                self._announced.add(pid, event.time_ns // 1000)
                self._started(event, "fork")
        scan = self._scanner.scan(stamp.mono_us)
        new = [seen for seen in scan.new if seen.pid not in self._forked]
        used = self._accounts.settle(scan, groups={CALL: max(self.cpu_us(), self._container.cpu_us() - self._cpu_before)})
        starts = records.process_starts(new, announced=self._announced.knows, of_call=self._place, fresh=_fresh)
        found: list[ProcessStart | Compute] = [
            *starts,
            *records.compute_records(used, ended_calls=(), of_call=self._place, fresh=_fresh),
        ]
        for record in found:
            self._observe(msgspec.structs.replace(record, attribution=_BY_GROUP))
        return len(scan.processes)

    def cpu_us(self) -> int:
        """Return the CPU time that the container has used since the watch began, as of the last look, microseconds."""
        return self._accounts.total_us(CALL)

    def snapshot(self) -> list[ProcessSnapshot]:
        """Return who lives in the container now."""
        scanner = Scanner(0, {0: CALL}, mark=lambda place: 0, members=self._container.processes)
        return scanner.scan(now().mono_us).snapshots()

    def _started(self, event: Event, via: str) -> None:
        exe, argv = _image(event) if via == "exec" else ("", [])
        self._tell(
            ProcessStart,
            pid=event.pid,
            ppid=event.ppid,
            via="exec" if via == "exec" else "fork",
            exe=exe or event.filename,
            argv=argv or [event.comm],
        )

    def _ended(self, event: Event) -> None:
        self._tell(
            ProcessExit,
            pid=event.pid,
            status=os.waitstatus_to_exitcode(event.exit_code),
        )

    def _sending(self, event: Event) -> None:
        key, at_us = (event.address, event.port), event.time_ns // 1000
        if not event.address or at_us - self._sent.get(key, -_AGAIN_US) < _AGAIN_US:
            return
        if len(self._sent) >= _PLACES:
            self._sent.clear()
        self._sent[key] = at_us
        if not is_inside(event.address):
            self._reached(event, "udp")

    def _reached(self, event: Event, transport: Transport) -> None:
        inside = is_inside(event.address)
        # What the kernel leads to the door: TCP, and look-ups over IPv4. What else would leave, it drops.
        led = transport == "tcp" or (event.port == _DNS and ":" not in event.address)
        refused = self.door and not inside and not led
        self._tell(
            Connect,
            pid=event.pid,
            family="inet6" if ":" in event.address else "inet",
            transport=transport,
            address=event.address,
            port=event.port,
            outcome="inside" if inside else "refused" if refused else "door" if self.door else "seen",
            reason="cell_refused" if refused else "allowed",
        )

    def _tell(self, kind: type[Told], **fields: Any) -> None:
        """Give one record of what the kernel told, with what all of these have in common."""
        ident, at = _fresh()
        where = self._place()
        self._observe(kind(id=ident, at=at, coordinates=where, sensor="kernel", attribution=_BY_GROUP, **fields))

    def _place(self, call: int | None = CALL) -> Coordinates:
        return self.coordinates


def _image(event: Event) -> tuple[str, list[str]]:
    """Return the program and its arguments as /proc shows them now, nothing if the process has gone on or ended.

    A process may write over its own arguments; what it was executed as stands in the kernel's event.
    """
    try:
        exe = text(os.fsencode(os.readlink(f"/proc/{event.pid}/exe")))
        with open(f"/proc/{event.pid}/cmdline", "rb") as file:
            raw = file.read(_ARGV_BYTES)
    except OSError:
        return "", []
    return exe, [text(word) for word in raw.rstrip(b"\0").split(b"\0")[:_ARGV_WORDS]] if raw else []


def _fresh() -> tuple[str, Stamp]:
    return new_id("obs"), now()
