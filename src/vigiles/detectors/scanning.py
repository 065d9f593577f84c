"""Looking round: one call that is refused or gets no answer at many places within a short time.

Only failed attempts count, because honest work mostly reaches what it asks for. A client that retries one place, or a
package manager with three mirrors, stays far below the thresholds: places are counted, not attempts.
"""

from __future__ import annotations

from vigiles.detectors.attempts import Attempt, Attempts
from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.destination import Destinations
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.finding import Finding
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.union import Recorded

_SOURCE = "ATT&CK T1046; failed-connection counting as in Jung et al., Fast Portscan Detection (2004)"
WINDOW_US = 30_000_000

PORT_SWEEP = Rule(
    id="scanning.port_sweep",
    severity="high",
    techniques=["T1046"],
    source=_SOURCE,
    thresholds={"distinct_ports": 6, "window_us": WINDOW_US},
)
HOST_SWEEP = Rule(
    id="scanning.host_sweep",
    severity="high",
    techniques=["T1046", "T1018"],
    source=_SOURCE,
    thresholds={"distinct_hosts": 8, "window_us": WINDOW_US},
)
SPREAD = Rule(
    id="scanning.spread",
    severity="high",
    techniques=["T1046"],
    source=_SOURCE,
    thresholds={"distinct_destinations": 12, "window_us": WINDOW_US},
)
#: Refusals that say nothing about where a process wants to look: our own answers after a violation, and budgets.
_OURS = frozenset(
    {
        "egress_cut", "budget_egress", "budget_ingress", "budget_flow_time", "budget_direction", "budget_exfil",
        "episode_frozen", "episode_ended", "shutdown",
    }
)  # fmt: skip
_ATTEMPTS_LIMIT = 256


class Scanning:
    """Port sweeps, host sweeps and spread-out probing; one finding of each kind for each call."""

    name = "scanning"
    rules = (PORT_SWEEP, HOST_SWEEP, SPREAD)
    takes = (DnsQuery, Connect, Flow)

    def __init__(self) -> None:
        self._destinations = Destinations()
        self._calls: Recent[int | None, Attempts] = Recent(512)
        self._found: Recent[tuple[int | None, str], None] = Recent(2048)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return what the record completes."""
        self._destinations.feed(record)
        place = _failed(record)
        if place is None:
            return []
        call = call_of(record)
        attempts = self._calls.get(call) or self._calls.set(call, Attempts(WINDOW_US, _ATTEMPTS_LIMIT))
        host, port = self._destinations.name(place[0]), place[1]
        attempts.add(record.at, host, port, record.id)
        findings = []
        for rule, needed, seen, what in (
            (PORT_SWEEP, "distinct_ports", attempts.ports_of(host), f"ports of {host}"),
            (HOST_SWEEP, "distinct_hosts", attempts.hosts_at(port), f"hosts at port {port}"),
            (SPREAD, "distinct_destinations", attempts.all(), "places"),
        ):
            if len(seen) >= rule.thresholds[needed] and self._found.first_time((call, rule.id), None):
                findings.append(self._conclude(rule, record, call, seen, what))
        return findings

    def _conclude(self, rule: Rule, record: Recorded, call: int | None, seen: list[Attempt], what: str) -> Finding:
        seconds = (seen[-1].mono_us - seen[0].mono_us) / 1_000_000
        return conclude(
            rule,
            record,
            summary=f"{len(seen)} different {what} tried without success within {seconds:.1f} s",
            cause=f"scan:{'-' if call is None else call}",
            evidence=[item.record for item in seen],
            occurred_us=seen[0].wall_us,
            blocked=_refused(record),
        )


def _failed(record: Recorded) -> tuple[str, int] | None:
    """Return (host, port) of an attempt that was refused, or ended without a byte from the other side."""
    if isinstance(record, Connect):
        counted = record.outcome == "refused" and record.transport == "tcp" and record.reason not in _OURS
        return (record.address, record.port) if counted and record.family in ("inet", "inet6") else None
    if isinstance(record, Flow):
        if record.phase == "refused" and record.reason not in _OURS:
            return record.host, record.port
        if record.phase == "close" and record.bytes_in == 0 and record.reason not in _OURS:
            return record.host, record.port
    return None


def _refused(record: Recorded) -> bool:
    return (isinstance(record, Connect) and record.outcome == "refused") or (
        isinstance(record, Flow) and record.phase == "refused"
    )
