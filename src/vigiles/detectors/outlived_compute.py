"""Work that goes on after its call has returned: CPU time in processes that outlived their call.

Looks alone do not tell mining from training; ownership does. A call that has ended has nobody waiting for its result, so
steady computing on its account belongs to no declared work. A server left running for later calls idles between requests,
and one that builds or serves moves bytes while it computes; both stay below.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.finding import Finding
from vigiles.model.observation.compute import Compute
from vigiles.model.result import Result
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.render.text import safe_argv

STEADY = Rule(
    id="outlived_compute.steady",
    severity="high",
    techniques=["T1496", "AML.T0034.002"],
    source="resource use against its owner, as in the ROME incident; hash loops move no bytes, builds and servers do",
    thresholds={"cpu_us": 1_000_000, "window_us": 10_000_000, "io_bytes_per_cpu_second": 256 * 1024},
)
LONG = Rule(
    id="outlived_compute.long",
    severity="medium",
    techniques=["T1496", "AML.T0034.002"],
    source="the same, for work that moves bytes and so may be a server's own",
    thresholds={"cpu_us": 20_000_000, "window_us": 60_000_000},
)
_LOOKS = 1024


class _Look(NamedTuple):
    mono_us: int
    wall_us: int
    cpu_us: int
    io_bytes: int
    record: str


class OutlivedCompute:
    """Sums CPU time per ended call over sliding windows; one finding of each kind for each call."""

    name = "outlived_compute"
    rules = (STEADY, LONG)
    takes = (Result, Compute)

    def __init__(self) -> None:
        self._returned: Recent[int, Stamp] = Recent(4096)
        self._looks: Recent[int, deque[_Look]] = Recent(512)
        self._found: Recent[tuple[int, str], None] = Recent(1024)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return what the look completes."""
        if isinstance(record, Result):
            call = call_of(record)
            if call is not None:
                self._returned.first_time(call, record.at)
            return []
        if not isinstance(record, Compute) or not record.ended:
            return []
        call = call_of(record)
        if call is None:
            return []
        looks = self._looks.get(call)
        if looks is None:
            looks = self._looks.set(call, deque(maxlen=_LOOKS))
            if self._straddles(call, record):
                return []
        looks.append(_Look(record.at.mono_us, record.at.wall_us, record.cpu_us, record.io_bytes, record.id))
        return [
            finding
            for rule in self.rules
            if (finding := self._judge(rule, record, call, looks)) is not None
            and self._found.first_time((call, rule.id), None)
        ]

    def _straddles(self, call: int, record: Compute) -> bool:
        """Return whether the first look after the end also covers time before it, which was honest work."""
        returned = self._returned.get(call)
        if returned is None or returned.boot != record.at.boot:
            return True
        return record.at.mono_us - record.interval_us < returned.mono_us

    def _judge(self, rule: Rule, record: Compute, call: int, looks: deque[_Look]) -> Finding | None:
        window = [look for look in looks if 0 <= record.at.mono_us - look.mono_us < rule.thresholds["window_us"]]
        quiet = rule.thresholds.get("io_bytes_per_cpu_second")
        if quiet is not None:
            window = [look for look in window if look.io_bytes * 1_000_000 <= quiet * look.cpu_us]
        cpu_us = sum(look.cpu_us for look in window)
        if cpu_us < rule.thresholds["cpu_us"]:
            return None
        busiest = f", busiest {safe_argv(record.busiest_argv, 80)}" if record.busiest_argv else ""
        return conclude(
            rule,
            record,
            summary=f"{cpu_us / 1_000_000:.1f} s of CPU after the call had returned{busiest}",
            cause=f"compute:{call}",
            evidence=[look.record for look in window],
            occurred_us=window[0].wall_us,
        )
