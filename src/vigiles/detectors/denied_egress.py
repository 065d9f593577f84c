"""Trying to get out where the rules do not let: one finding for each (call, host, port, reason).

In a cell that only observes, what the rules would have refused is found too, a step milder. A flood in one call is folded
into one finding under the cause of scanning, so that it cannot bury an incident under thousands.
"""

from __future__ import annotations

from typing import NamedTuple

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.denied_rules import BY_REASON, FOLD_AFTER, MANY, PROTOCOL, RULES, SOCKET, SOCKET_WAYS_OUT, UDP
from vigiles.detectors.destination import Destinations
from vigiles.detectors.expected import EgressReader, Expected, recorded_egress
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.finding import SEVERITIES, Finding, Severity
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.network import Connect
from vigiles.model.reason import ReasonCode
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded

#: Protocols that never belong behind a host listed for TLS or HTTP; others (silence, a wrong SNI) may be a clumsy client.
_FOREIGN = frozenset({"ssh", "stratum", "socks"})
#: Names that libraries look up for themselves: this host's own, its networks', reverse look-ups.
_LOCAL_SUFFIXES = (".local", ".localdomain", ".lan", ".home", ".internal", ".arpa", ".localhost", ".test", ".invalid")


class _Denial(NamedTuple):
    rule: Rule
    severity: Severity
    host: str
    port: int
    reason: str
    blocked: bool
    what: str


class DeniedEgress:
    """Flows, connects and names that the rules refuse, or would refuse."""

    name = "denied_egress"
    rules = RULES
    takes = (DnsQuery, Connect, Flow, HttpRequest, RulesetInForce)

    def __init__(self, read: EgressReader = recorded_egress) -> None:
        self._destinations = Destinations()
        self._expected = Expected(read)
        self._seen: Recent[tuple[str, str], None] = Recent(4096)
        self._places: Recent[int | None, set[tuple[str, int]]] = Recent(512)
        self._folded: Recent[int | None, None] = Recent(512)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return a finding when the record shows a denial that this call has not had yet."""
        self._destinations.feed(record)
        self._expected.feed(record)
        denial = None
        if isinstance(record, Flow):
            denial = self._flow(record)
        elif isinstance(record, Connect):
            denial = self._connect(record)
        elif isinstance(record, DnsQuery):
            denial = self._dns(record)
        elif isinstance(record, HttpRequest) and record.unenforced in BY_REASON:
            # What was refused shows as a flow; this was only observed.
            rule, what = BY_REASON[record.unenforced], f"{record.method} request to {record.host}:{record.port}"
            denial = self._denial(
                "allowed_observe", rule, rule.severity, record.host, record.port, record.unenforced, what
            )  # fmt: skip
        return [] if denial is None else self._conclude(record, denial)

    def _conclude(self, record: Recorded, denial: _Denial) -> list[Finding]:
        call = call_of(record)
        host = self._destinations.name(denial.host)
        cause = self._destinations.cause(call, host, denial.port)
        if not self._seen.first_time((cause, denial.reason), None):
            return []
        grave = SEVERITIES.index(denial.severity) >= SEVERITIES.index("high")
        places = self._places.get(call) or self._places.set(call, set())
        if (host, denial.port) not in places and not grave:
            if len(places) >= FOLD_AFTER:
                return self._fold(record, call, denial.blocked)
            places.add((host, denial.port))
        state = "refused" if denial.blocked else "not named by the rules, let through"
        return [
            conclude(
                denial.rule,
                record,
                summary=f"{denial.what}: {state} ({denial.reason})",
                cause=cause,
                severity=denial.severity,
                blocked=denial.blocked,
            )
        ]

    def _fold(self, record: Recorded, call: int | None, blocked: bool) -> list[Finding]:
        if not self._folded.first_time(call, None):
            return []
        what = "refused" if blocked else "that the rules do not name, let through,"
        summary = f"more than {FOLD_AFTER} different places {what} in one call; further ones are not listed"
        severity = MANY.severity if blocked else _milder(MANY.severity)
        cause = f"scan:{'-' if call is None else call}"
        return [conclude(MANY, record, summary=summary, cause=cause, severity=severity, blocked=blocked)]

    def _flow(self, record: Flow) -> _Denial | None:
        reason = self._expected.refusal(record.reason, record.host, record.port)
        if reason is None or reason not in BY_REASON:
            return None
        what = f"{record.protocol} flow to {record.host}:{record.port}"
        rule = BY_REASON[reason]
        severity = rule.severity
        if rule is PROTOCOL and record.protocol not in _FOREIGN:
            severity = "low" if record.protocol in ("silent", "unknown") else "medium"
        return self._denial(record.reason, rule, severity, record.host, record.port, reason, what)

    def _connect(self, record: Connect) -> _Denial | None:
        if record.outcome != "refused" or record.reason not in BY_REASON | {"rule_forbids": SOCKET, "cell_refused": SOCKET}:
            return None
        if record.family == "unix":
            severity: Severity = "medium" if SOCKET_WAYS_OUT.search(record.address) else "low"
            return _Denial(SOCKET, severity, record.address, 0, record.reason, True, f"Unix socket {record.address}")
        if record.family == "other" or record.transport == "other":
            return _Denial(SOCKET, "medium", record.address, record.port, record.reason, True, "socket of a foreign family")
        host = record.host or record.address
        if record.transport == "udp":
            if self._destinations.named(record.address) or record.port == 0:
                return None
            return _Denial(UDP, UDP.severity, host, record.port, record.reason, True, f"UDP to {host}:{record.port}")
        rule = BY_REASON.get(record.reason, SOCKET)
        what = f"connect to {host}:{record.port}"
        return _Denial(rule, rule.severity, host, record.port, record.reason, True, what)

    def _dns(self, record: DnsQuery) -> _Denial | None:
        name = record.name.rstrip(".").lower()
        reason = self._expected.name_refusal(record.reason, name)
        if reason is None or reason not in BY_REASON or "." not in name or name.endswith(_LOCAL_SUFFIXES):
            return None
        if record.reason == "allowed_observe" or (reason == "dns_name" and record.qtype not in ("A", "AAAA")):
            return None  # what was let through shows as a flow
        rule = BY_REASON[reason]
        return self._denial(record.reason, rule, rule.severity, name, 53, reason, f"look-up of {name}")

    def _denial(
        self, said: ReasonCode, rule: Rule, severity: Severity, host: str, port: int, reason: ReasonCode, what: str
    ) -> _Denial:
        """Make a denial; what was only observed weighs one step less, for nothing forbade it."""
        blocked = said != "allowed_observe"
        if not blocked:
            severity = _milder(severity)
        return _Denial(rule, severity, host, port, reason, blocked, what)


def _milder(severity: Severity) -> Severity:
    return SEVERITIES[max(SEVERITIES.index(severity) - 1, 0)]
