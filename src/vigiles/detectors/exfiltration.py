"""Data put where nobody looks: names that are looked up, paths, queries and header fields that carry more than they need.

The door counts (:mod:`vigiles.protocols.hidden`), because only it sees what is new; the running counts stand in the records,
so that a flood of which most is folded still says how far it came. Here they are held against thresholds, enforced or not.
"""

from __future__ import annotations

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.finding import Finding
from vigiles.model.observation.base import Observation
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.union import Recorded
from vigiles.protocols.hidden import name_bytes, parent_of
from vigiles.ruleset.egress import is_address

NAMES = Rule(
    id="exfiltration.names",
    severity="high",
    techniques=["T1048.003", "T1071.004", "AML.T0025"],
    source="ATT&CK T1048.003, T1071.004; the door's count of bytes in labels",
    thresholds={"carried_bytes": 2000, "distinct_names": 32},
)
REQUESTS = Rule(
    id="exfiltration.requests",
    severity="medium",
    techniques=["T1048", "T1567", "AML.T0025"],
    source="ATT&CK T1048, T1567; the door's count of bytes in paths, queries and fields",
    thresholds={"carried_bytes": 16_384, "least_percent_of_bodies": 25},
)
_NAMES_KEPT = 4096


def carries_names(record: DnsQuery) -> bool:
    """Return whether the names below one parent have carried enough to be told of."""
    limits = NAMES.thresholds
    return record.carried_bytes >= limits["carried_bytes"] and record.names_below >= limits["distinct_names"]


def carries_in_requests(record: HttpRequest) -> bool:
    """Return whether requests to one host have carried enough, and not only beside bodies that say far more."""
    limits = REQUESTS.thresholds
    enough = record.carried_bytes >= limits["carried_bytes"]
    return enough and 100 * record.carried_bytes >= limits["least_percent_of_bodies"] * record.uploaded_bytes


class Exfiltration:
    """One finding for each call and parent of names, and for each call and host."""

    name = "exfiltration"
    rules = (NAMES, REQUESTS)
    takes = (DnsQuery, Flow, HttpRequest)

    def __init__(self) -> None:
        self._told: Recent[tuple[str, str], None] = Recent(4096)
        #: By call and parent: bytes and number of the names that proxies were asked for; those names, once each.
        self._asked: Recent[tuple[int | None, str], tuple[int, int]] = Recent(512)
        self._known: Recent[tuple[int | None, str], None] = Recent(_NAMES_KEPT)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return a finding when the record's counts pass a threshold for the first time."""
        if isinstance(record, DnsQuery) and carries_names(record):
            return self._names(record, parent_of(record.name), record.carried_bytes, record.names_below)
        if isinstance(record, HttpRequest) and carries_in_requests(record):
            what = f"{record.carried_bytes} bytes in paths, queries and header fields to {record.host}:{record.port}"
            cause = f"exfiltration:{_call(record)}:{record.host}:{record.port}"
            return self._conclude(REQUESTS, record, f"{what}, {record.uploaded_bytes} in bodies", cause)
        if isinstance(record, Flow) and record.reason == "allowed_observe" and record.via != "transparent":
            return self._flow(record)
        return []

    def _flow(self, record: Flow) -> list[Finding]:
        """Count the host of a flow that the door resolved for a proxy's client: a name that was looked up, too."""
        size, call, parent = name_bytes(record.host), call_of(record), parent_of(record.host)
        if not size or is_address(record.host) or not self._known.first_time((call, record.host), None):
            return []
        carried, names = self._asked.get((call, parent)) or (0, 0)
        carried, names = self._asked.set((call, parent), (carried + size, names + 1))
        limits = NAMES.thresholds
        if carried < limits["carried_bytes"] or names < limits["distinct_names"]:
            return []
        return self._names(record, parent, carried, names)

    def _names(self, record: DnsQuery | Flow, parent: str, carried: int, names: int) -> list[Finding]:
        what = f"{carried} bytes in {names} names below {parent}"
        blocked = record.reason not in ("allowed", "allowed_observe")
        state = ", looked up" if not blocked else f", refused ({record.reason})"
        return self._conclude(NAMES, record, what + state, f"exfiltration:{_call(record)}:{parent}", blocked=blocked)

    def _conclude(
        self, rule: Rule, record: DnsQuery | Flow | HttpRequest, summary: str, cause: str, *, blocked: bool = False
    ) -> list[Finding]:
        if not self._told.first_time((rule.id, cause), None):
            return []
        return [conclude(rule, record, summary=summary, cause=cause, blocked=blocked)]


def _call(record: Observation) -> str:
    call = call_of(record)
    return "-" if call is None else str(call)
