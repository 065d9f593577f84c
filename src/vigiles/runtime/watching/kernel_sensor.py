"""The kernel's own programs, beside the listeners: one set for a supervisor, each event to the watch of its cell.

What is new in their events is recorded: datagrams to the outside, which no listener hears, and what a listener ought to
have told of and did not.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import weakref
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Protocol

from vigiles.cell.listeners import DOOR_PORTS
from vigiles.kernel.ebpf.events import SIZE, Event
from vigiles.kernel.ebpf.programs import RING_BYTES, Attachment, Programs
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import ControlUnavailable
from vigiles.model.observation.base import Observation
from vigiles.model.observation.network import Connect, Family, Transport
from vigiles.model.observation.process import ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.sensors.reconcile import Reconcile, Thing

if TYPE_CHECKING:
    from vigiles.runtime.watching.watch import Watch

_AT_ONCE = 1024
#: How long events gather before they are taken: a process that starts and ends makes three or four of them.
_GATHER_S = 0.02
_MOST_TURNS = RING_BYTES // SIZE // _AT_ONCE + 1
#: A datagram to a place where the same call sent one is told again after so long, or after so many other places.
_AGAIN_US, _PLACES = 10_000_000, 1024
#: The notifier's word for a notification that it failed at; all its other gaps are of what it did tell.
_UNHEARD = "notification"
#: The machine's own pid namespace (PROC_PID_INIT_INO of include/linux/proc_ns.h): only there the kernel and we count alike.
_INITIAL = "pid:[4026531836]"


class Sees(Protocol):
    """Takes the events of one episode."""

    def saw(self, event: Event, call: int) -> None:
        """Take one event of a call's processes or sockets."""

    def lost(self, call: int | None, count: int) -> None:
        """Events of a call (None: of calls that are over) found no room."""


class Watches(Protocol):
    """One episode's watch, as far as it is told what the kernel sees."""

    @property
    def kernel(self) -> Sees:
        """What takes the events."""


class KernelSensor:
    """Programs that watch every group below one directory. Open with :meth:`open`, on the event loop."""

    def __init__(self, programs: Programs, attached: Attachment) -> None:
        self._programs = programs
        self._attached = attached
        self._watches: dict[int, tuple[weakref.ref[Watches], int | None]] = {}
        self._known: dict[int, tuple[int, int]] = {}
        self._tokens = 0
        self._lost = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def open(cls, folder: str) -> KernelSensor:
        """Load the programs and attach them to a group's directory. Raises ControlUnavailable."""
        if os.readlink("/proc/self/ns/pid") != _INITIAL:
            raise ControlUnavailable(
                "bpf", "this process is in a pid namespace of its own", "run outside of a container, or ask for tier U"
            )
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            programs = Programs()
        except BaseException:
            os.close(fd)
            raise
        try:
            return cls(programs, programs.attach(fd))
        except BaseException:
            programs.close()
            raise
        finally:
            os.close(fd)

    def listen(self) -> None:
        """Begin to take events, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._hear()

    def _hear(self) -> None:
        if self._loop is not None:
            self._loop.add_reader(self._programs.fileno(), self._heard)

    def _heard(self) -> None:
        """Take what waits; unless it was a flood, let the next events gather, so that not each of them wakes us."""
        if self.take() < _AT_ONCE and self._loop is not None:
            self._loop.remove_reader(self._programs.fileno())
            self._loop.call_later(_GATHER_S, self._hear)

    def assign(self, group: int, watch: Watches, call: int | None, *, payer: int = 0) -> None:
        """Name a group before anything runs in it: a call's, or (None) that of all calls of a cell.

        ``payer``: the group of its cell, whose share of the room for events it uses.
        """
        self._tokens += 1
        self._watches[self._tokens] = weakref.ref(watch), call
        self._programs.assign(group, self._tokens, payer=payer)
        self._known[group] = self._tokens, 0

    def forget(self, group: int) -> int:
        """A call or cell is over: return the bytes that its sockets sent, headers and loopback included."""
        for _ in range(_MOST_TURNS):  # while the events that wait still have their name: all that the ring may hold
            if self.take() < _AT_ONCE:
                break
        token, _ = self._known.pop(group, (0, 0))
        self._watches.pop(token, None)
        return self._programs.forget(group).bytes

    def take(self) -> int:
        """Hand out the events that wait, a bounded number at once; return how many there were."""
        events = self._programs.events(_AT_ONCE)
        for event in events:
            # Who acts is whose it is: a socket may have been made by another call, or outside. Only the notifier, which
            # connects a caller's own socket, has no name of its own.
            watch, call = self._find(event.task_token or event.token)
            if watch is not None and call is not None:
                watch.kernel.saw(event, call)
        if self._programs.lost() != self._lost:
            self._lost = self._programs.lost()
            self._tell_losses()
        return len(events)

    def _tell_losses(self) -> None:
        for group, (token, before) in list(self._known.items()):
            lost = self._programs.counts(group).lost
            if lost != before:
                self._known[group] = token, lost
                watch, call = self._find(token)
                if watch is not None:
                    watch.kernel.lost(call, lost - before)

    def close(self) -> None:
        """Take the programs out of the kernel."""
        if self._loop is not None:
            self._loop.remove_reader(self._programs.fileno())
            self._loop = None
        self._attached.close()
        self._programs.close()

    def _find(self, token: int) -> tuple[Watches | None, int | None]:
        found = self._watches.get(token)
        if found is None:
            return None, None
        watch = found[0]()
        if watch is None:
            del self._watches[token]
        return watch, found[1]


class KernelWatch:
    """One episode's side: what its listener told, what the kernel saw, and the records that come of the difference."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._compared = Reconcile()
        self._sent: OrderedDict[tuple[int, str, int], int] = OrderedDict()

    def told(self, record: Observation) -> None:
        """Take what the notifier recorded."""
        call, at_us = record.attribution.call, record.at.mono_us
        if record.sensor != "notifier":
            return
        if isinstance(record, Gap):
            if record.what == _UNHEARD:
                self._compared.missed(call, at_us)
        elif call is None:
            return
        elif isinstance(record, Connect) and record.outcome == "inside":
            # What was refused, or handed to the door, never reaches the kernel as the caller asked it.
            self._compared.told(call, _place(record.address, record.port), at_us, now().mono_us)
        elif isinstance(record, ProcessStart):
            self._compared.told(call, record.pid, at_us, now().mono_us)

    def saw(self, event: Event, call: int) -> None:
        """Take one event of a call's processes or sockets."""
        at_us, read_us = event.time_ns // 1000, now().mono_us
        if event.kind == "exec":
            self._compared.saw(Thing(call, event.pid, at_us, event.pid), read_us)
        elif event.kind == "connect":
            on_behalf = not event.task_token and event.port in DOOR_PORTS
            if not on_behalf:
                self._compared.saw(Thing(call, _place(event.address, event.port), at_us, event.pid), read_us)
        elif event.kind == "send" and not is_inside(event.address):
            key = (call, event.address, event.port)
            if at_us - self._sent.get(key, -_AGAIN_US) >= _AGAIN_US:
                self._sent[key] = at_us
                self._sent.move_to_end(key)
                if len(self._sent) > _PLACES:  # the oldest is told again; were the newest not told, decoys would hide it
                    self._sent.popitem(last=False)
                self._watch.observed(_connect(call, event.pid, event.address, event.port, "udp", []))

    def lost(self, call: int | None, count: int) -> None:
        """Events of a call (None: of calls that are over) found no room: they were not seen, which excuses nobody."""
        whose = Attribution(grade="none") if call is None else _by_group(call, [])
        self._watch.observed(
            Gap(
                id=new_id("obs"),
                at=now(),
                coordinates=_NOWHERE,
                sensor="kernel",
                attribution=whose,
                what="kernel events",
                count=count,
            )
        )

    def settle(self, *, last: bool = False) -> None:
        """Record what was seen, has waited and was never told of."""
        for thing in self._compared.due(now().mono_us, last=last):
            said = [f"cgroup={thing.call}", "listener=unseen"]
            if isinstance(thing.what, tuple):
                address, port = thing.what
                self._watch.observed(_connect(thing.call, thing.pid, address, port, "tcp", said))
            else:
                self._watch.observed(
                    ProcessStart(
                        id=new_id("obs"),
                        at=now(),
                        coordinates=_NOWHERE,
                        sensor="kernel",
                        attribution=_by_group(thing.call, said),
                        pid=thing.pid,
                        ppid=0,
                        via="exec",
                        exe="",
                        argv=[],
                    )
                )


#: The watch puts the coordinates of the call in their place.
_NOWHERE = Coordinates(run="", episode="")


def _place(address: str, port: int) -> Hashable:
    return address.partition("%")[0], port


def is_inside(address: str) -> bool:
    """Say whether an address never leads out of its network namespace."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback or parsed.is_unspecified


def _by_group(call: int, said: list[str]) -> Attribution:
    return Attribution(grade="exact", call=call, methods=["cgroup"], disagreement=said)


def _connect(call: int, pid: int, address: str, port: int, transport: Transport, said: list[str]) -> Connect:
    family: Family = "inet6" if ":" in address else "inet"
    inside = is_inside(address)
    return Connect(
        id=new_id("obs"),
        at=now(),
        coordinates=_NOWHERE,
        sensor="kernel",
        attribution=_by_group(call, said),
        pid=pid,
        family=family,
        transport=transport,
        address=address,
        port=port,
        outcome="inside" if inside else "refused",
        reason="allowed" if inside else "cell_refused",
    )
