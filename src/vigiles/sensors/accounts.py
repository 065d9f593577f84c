"""CPU time per call, from scans and from what the cell's init reaped; pure.

A call's time is what its living processes have used, with what each has collected from children it waited for, plus what
init reaped of it. A process that ends therefore moves its time to its parent or to init, and nothing is counted twice. Two
ways of losing time are closed: a parent that refuses to collect (SIGCHLD ignored) does not grow by what its child had, and
that difference is kept; and a reaper's message that comes late leaves the total where it was, for a total never decreases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vigiles.sensors.scan import ScanResult, Seen

_TICK_SLACK_US = 20_000
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
    """What one call used so far, and since the last settling (``cpu_us`` and ``io_bytes`` of ``interval_us``)."""

    call: int
    interval_us: int
    cpu_us: int
    total_us: int
    io_bytes: int
    processes: int
    busiest: Seen | None = None
    busiest_us: int = 0
    reaped_only: bool = False


@dataclass(slots=True)
class _Account:
    total_us: int = 0
    reaped_us: int = 0
    kept_us: int = 0
    io_total: int = 0
    io_kept: int = 0


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

    def settle(self, scan: ScanResult, reaped: Iterable[Reaped] = (), *, began_us: int | None = None) -> list[Usage]:
        """Take one scan and what init reaped since the last one; return the usage of every call seen, in order of call.

        ``began_us``: monotonic time the first interval counts from (else it is 0 long).
        """
        since = self._mono_us if self._mono_us is not None else began_us
        interval = max(0, scan.mono_us - since) if since is not None else 0
        only_reaped = self._reap(reaped)
        for seen in scan.processes:
            if seen.call is not None:
                self._remember(seen.inner, seen.call)
        self._keep_lost(scan)
        living: dict[int, list[Seen]] = {}
        for seen in scan.processes:
            if seen.call is not None:
                living.setdefault(seen.call, []).append(seen)
        usages = [
            self._usage(call, living.get(call, []), interval, call in only_reaped and call not in living)
            for call in sorted(set(living) | set(self._accounts))
        ]
        self._last = {seen.key: seen for seen in scan.processes}
        self._mono_us = scan.mono_us
        return usages

    def total_us(self, call: int) -> int:
        """Return the CPU time of a call as of the last settling."""
        account = self._accounts.get(call)
        return account.total_us if account is not None else 0

    def _reap(self, reaped: Iterable[Reaped]) -> set[int]:
        calls = set()
        for one in reaped:
            call = one.call if one.call is not None else self._calls.get(one.inner)
            if call is None:
                self.unattributed_us += one.cpu_us
                continue
            self._calls.pop(one.inner, None)  # the number may be given again
            self._accounts.setdefault(call, _Account()).reaped_us += one.cpu_us
            calls.add(call)
        return calls

    def _remember(self, inner: int, call: int) -> None:
        if inner and (inner in self._calls or len(self._calls) < _REMEMBERED):
            self._calls[inner] = call

    def _keep_lost(self, scan: ScanResult) -> None:
        """Keep the time of ended processes that their living parents did not collect."""
        now = {seen.key: seen for seen in scan.processes}
        last_by_pid = {seen.pid: seen for seen in self._last.values()}
        ended: dict[tuple[int, int], list[Seen]] = {}
        for key, seen in self._last.items():
            if key in now or seen.call is None:
                continue
            if seen.ppid == self.init_pid:
                self._accounts.setdefault(seen.call, _Account()).io_kept += seen.io_bytes or 0
                continue
            parent = last_by_pid.get(seen.ppid)
            if parent is not None and parent.key in now:
                ended.setdefault(parent.key, []).append(seen)
        for parent_key, children in ended.items():
            collected = now[parent_key].waited_us - self._last[parent_key].waited_us
            missing = sum(child.own_us + child.waited_us for child in children) - max(0, collected)
            call = children[0].call
            if missing > _TICK_SLACK_US and call is not None:
                self._accounts.setdefault(call, _Account()).kept_us += missing

    def _usage(self, call: int, living: list[Seen], interval_us: int, reaped_only: bool) -> Usage:
        account = self._accounts.setdefault(call, _Account())
        used = sum(seen.own_us + seen.waited_us for seen in living) + account.reaped_us + account.kept_us
        total = max(account.total_us, used)
        io_total = max(account.io_total, sum(seen.io_bytes or 0 for seen in living) + account.io_kept)
        busiest, busiest_us = None, 0
        for seen in living:
            last = self._last.get(seen.key)
            delta = seen.own_us - (last.own_us if last is not None else 0)
            if delta > busiest_us:
                busiest, busiest_us = seen, delta
        usage = Usage(
            call=call,
            interval_us=interval_us,
            cpu_us=total - account.total_us,
            total_us=total,
            io_bytes=io_total - account.io_total,
            processes=len(living),
            busiest=busiest,
            busiest_us=busiest_us,
            reaped_only=reaped_only,
        )
        account.total_us, account.io_total = total, io_total
        return usage
