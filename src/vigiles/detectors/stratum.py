"""Crypto-mining: a Stratum conversation, let through or refused.

The door's parser knows the grammar by its methods and value shapes, so JSON-RPC of other kinds (LSP, MCP, job queues) never
gets here as Stratum. One finding for each call and destination, on the first record that shows it; one more when what was
refused at first got through later.
"""

from __future__ import annotations

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.destination import Destinations
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.finding import Finding
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.union import Recorded

CONVERSATION = Rule(
    id="stratum.conversation",
    severity="high",
    techniques=["T1496", "AML.T0034.002"],
    source="Stratum mining protocol; XMRig, ethproxy and getwork dialects as parsed by vigiles.protocols.stratum",
)


class Stratum:
    """Flows whose protocol is Stratum, or that carry it inside something else."""

    name = "stratum"
    rules = (CONVERSATION,)
    takes = (DnsQuery, Connect, Flow)

    def __init__(self) -> None:
        self._destinations = Destinations()
        self._seen: Recent[tuple[str, bool], None] = Recent(4096)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return a finding when a flow is first seen to mine, and when it is first seen to get through."""
        self._destinations.feed(record)
        if not isinstance(record, Flow):
            return []
        methods = [mark.partition("=")[2] for mark in record.marks if mark.startswith("stratum.method=")]
        if record.protocol != "stratum" and not methods:
            return []
        blocked = record.phase == "refused"
        cause = self._destinations.cause(call_of(record), record.host, record.port)
        if (cause, False) in self._seen or not self._seen.first_time((cause, blocked), None):
            return []
        wrapped = "" if record.protocol == "stratum" else f" inside {record.protocol}"
        said = f" ({', '.join(methods[:3])})" if methods else ""
        summary = f"mining protocol{wrapped} to {record.host}:{record.port}{said}" + (", refused" if blocked else "")
        return [conclude(CONVERSATION, record, summary=summary, cause=cause, blocked=blocked)]
