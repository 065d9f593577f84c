"""CPU time per call, from scans and from what the cell's init reaped; pure.

What a living process used since the last scan is new, always. What a process collected from children that it waited for,
or init from those that it reaped, is new only beyond what scans had already counted for the processes that ended: that is
kept as a *credit* of the call for a short while and set off against what is collected. So nothing is counted twice, children
too short-lived for any scan are counted, a parent that refuses to collect (SIGCHLD ignored) hides nothing that was seen,
and a total never decreases.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vigiles.sensors.scan import ScanResult, Seen

#: How long what was counted for an ended process may still come back through its parent or init.
_CREDIT_US = 3_000_000
_REMEMBERED = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """A process that init reaped: ``inner`` pid inside the cell, ``call`` if it was a call's first process, its time with
    that of the children it had waited for.
    """

    inner: int
    call: int | None
    cpu_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call used so far, and since the last settling (``cpu_us`` and ``io_bytes`` of ``interval_us``).

    ``memory_bytes``: what its largest living process has. ``by_group``: the times are its control group's, to which nothing
    is too short-lived.
    """

    call: int
    interval_us: int
    cpu_us: int
    total_us: int
    io_bytes: int
    processes: int
    busiest: Seen | None = None
    busiest_us: int = 0
    memory_bytes: int = 0
    reaped_only: bool = False
    by_group: bool = False


@dataclass(slots=True)
class _Credits:
    """What was counted for processes that ended, newest last: (monotonic time, microseconds or bytes)."""

    open: deque[tuple[int, int]] = field(default_factory=deque)

    def add(self, at_us: int, amount: int) -> None:
        if amount > 0:
            self.open.append((at_us, amount))

    def expire(self, before_us: int) -> None:
        while self.open and self.open[0][0] < before_us:
            self.open.popleft()

    def set_off(self, amount: int) -> int:
        """Return what of ``amount`` is new."""
        while amount > 0 and self.open:
            at, credit = self.open.popleft()
            if credit > amount:
                self.open.appendleft((at, credit - amount))
                return 0
            amount -= credit
        return max(0, amount)


@dataclass(slots=True)
class _Account:
    total_us: int = 0
    cpu: _Credits = field(default_factory=_Credits)
    io: _Credits = field(default_factory=_Credits)


@dataclass(slots=True)
class Accounts:
    """The accounts of one cell. ``init_pid``: its process 1 on the host. ``unattributed_us``: time of processes that init
    reaped and no scan ever saw, so that nobody knows their call.
    """

    init_pid: int
    unattributed_us: int = 0
    _accounts: dict[int, _Account] = field(default_factory=dict)
    _calls: dict[int, int] = field(default_factory=dict)
    _last: dict[tuple[int, int], Seen] = field(default_factory=dict)
    _mono_us: int | None = None

    def settle(
        self,
        scan: ScanResult,
        reaped: Iterable[Reaped] = (),
        *,
        began_us: int | None = None,
        groups: Mapping[int, int] | None = None,
    ) -> list[Usage]:
        """Take one scan and what init reaped since the last one; return the usage of every call seen, in order of call.

        ``began_us``: monotonic time the first interval counts from (else it is 0 long). ``groups``: call -> CPU time of its
        control group so far, for those that have one.
        """
        grouped = groups or {}
        since = self._mono_us if self._mono_us is not None else began_us
        interval = max(0, scan.mono_us - since) if since is not None else 0
        ended = list(reaped)
        # One that init reaped while or after it was scanned counts as reaped.
        twice = {one.inner for one in ended}
        present: dict[tuple[int, int], Seen] = {}
        living: dict[int, list[Seen]] = {}
        for seen in scan.processes:
            if seen.call is None:
                continue
            self._remember(seen.inner, seen.call)
            if seen.inner not in twice:
                present[seen.key] = seen
                living.setdefault(seen.call, []).append(seen)
        self._give_credit(present, scan.mono_us)
        collected = self._collected(ended)
        usages = [
            self._usage(call, living.get(call, []), collected.get(call, 0), interval, grouped.get(call))
            for call in sorted({*living, *collected, *self._accounts, *grouped})
        ]
        self._last = present
        self._mono_us = scan.mono_us
        return usages

    def total_us(self, call: int) -> int:
        """Return the CPU time of a call as of the last settling."""
        account = self._accounts.get(call)
        return account.total_us if account is not None else 0

    def _remember(self, inner: int, call: int) -> None:
        if inner and (inner in self._calls or len(self._calls) < _REMEMBERED):
            self._calls[inner] = call

    def _give_credit(self, present: dict[tuple[int, int], Seen], now_us: int) -> None:
        for account in self._accounts.values():
            account.cpu.expire(now_us - _CREDIT_US)
            account.io.expire(now_us - _CREDIT_US)
        for key, seen in self._last.items():
            if key in present or seen.call is None:
                continue
            account = self._accounts.setdefault(seen.call, _Account())
            account.cpu.add(now_us, seen.own_us + seen.waited_us)
            if seen.ppid != self.init_pid:  # init's own counters are not looked at
                account.io.add(now_us, seen.io_bytes or 0)

    def _collected(self, ended: list[Reaped]) -> dict[int, int]:
        collected: dict[int, int] = {}
        for one in ended:
            call = one.call if one.call is not None else self._calls.get(one.inner)
            self._calls.pop(one.inner, None)  # the number may be given again
            if call is None:
                self.unattributed_us += one.cpu_us
            else:
                collected[call] = collected.get(call, 0) + one.cpu_us
        return collected

    def _usage(self, call: int, living: list[Seen], collected_us: int, interval_us: int, group_us: int | None) -> Usage:
        account = self._accounts.setdefault(call, _Account())
        used, io_bytes, busiest, busiest_us = 0, 0, None, 0
        for seen in living:
            last = self._last.get(seen.key)
            own = max(0, seen.own_us - (last.own_us if last is not None else 0))
            used += own
            collected_us += max(0, seen.waited_us - (last.waited_us if last is not None else 0))
            io_bytes += max(0, (seen.io_bytes or 0) - ((last.io_bytes or 0) if last is not None else 0))
            if own > busiest_us:
                busiest, busiest_us = seen, own
        used += account.cpu.set_off(collected_us)
        if group_us is not None:
            used = max(0, group_us - account.total_us)
        account.total_us += used
        return Usage(
            call=call,
            interval_us=interval_us,
            cpu_us=used,
            total_us=account.total_us,
            io_bytes=account.io.set_off(io_bytes),
            processes=len(living),
            busiest=busiest,
            busiest_us=busiest_us,
            memory_bytes=max((seen.memory_bytes for seen in living), default=0),
            reaped_only=used > 0 and not living,
            by_group=group_us is not None,
        )
