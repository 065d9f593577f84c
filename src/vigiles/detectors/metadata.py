"""Reaching for credentials: metadata services of clouds, and files that hold secrets.

Connections and names are evidence; a command line that points a reading program at a secret file is a hint, and graded so.
"""

from __future__ import annotations

import posixpath

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.destination import Destinations
from vigiles.detectors.memory import Recent
from vigiles.detectors.metadata_places import credential_file, metadata_service
from vigiles.detectors.rule import Rule
from vigiles.model.finding import Finding
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.model.union import Recorded

SERVICE = Rule(
    id="metadata.service",
    severity="high",
    techniques=["T1552.005", "AML.T0055"],
    source="ATT&CK T1552.005; the providers' lists of metadata addresses",
)
NAME = Rule(
    id="metadata.name",
    severity="medium",
    techniques=["T1552.005", "AML.T0055"],
    source="ATT&CK T1552.005; the providers' lists of metadata names",
)
FILE = Rule(
    id="metadata.credential_file",
    severity="medium",
    techniques=["T1552.001", "AML.T0055"],
    source="ATT&CK T1552.001; default paths in the tools' own documentation",
)
_ARGUMENTS = 64


class Metadata:
    """Connects, flows and names of metadata services; command lines that read secret files."""

    name = "metadata"
    rules = (SERVICE, NAME, FILE)
    takes = (DnsQuery, Connect, Flow, ProcessStart)

    def __init__(self) -> None:
        self._destinations = Destinations()
        self._seen: Recent[tuple[str, str, bool], None] = Recent(4096)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return one finding for each call and place, and one more where what was refused at first got through."""
        self._destinations.feed(record)
        if isinstance(record, Connect):
            return self._reach(record, record.host or record.address, record.port, record.outcome == "refused")
        if isinstance(record, Flow):
            return self._reach(record, record.host, record.port, record.phase == "refused")
        if isinstance(record, DnsQuery):
            return self._name(record)
        if isinstance(record, ProcessStart):
            return self._file(record)
        return []

    def _reach(self, record: Connect | Flow, host: str, port: int, blocked: bool) -> list[Finding]:
        service = metadata_service(host) or (metadata_service(record.address) if record.address else None)
        if service is None or (isinstance(record, Connect) and record.outcome == "inside"):
            return []
        cause = self._destinations.cause(call_of(record), host, port)
        if not self._news(SERVICE, cause, blocked):
            return []
        path = f", path {record.path}" if isinstance(record, Flow) and record.path else ""
        summary = f"{service} at {host}:{port}{path}" + (", refused" if blocked else "")
        return [conclude(SERVICE, record, summary=summary, cause=cause, blocked=blocked)]

    def _news(self, rule: Rule, cause: str, blocked: bool) -> bool:
        """Return whether this was not told yet: once for each cause, and once more where what was refused got through."""
        return (rule.id, cause, False) not in self._seen and self._seen.first_time((rule.id, cause, blocked), None)

    def _name(self, record: DnsQuery) -> list[Finding]:
        service = metadata_service(record.name)
        cause = self._destinations.cause(call_of(record), record.name, 80)
        blocked = record.outcome != "answered"
        if service is None or not self._news(NAME, cause, blocked):
            return []
        summary = f"name of {service} looked up: {record.name}"
        return [conclude(NAME, record, summary=summary, cause=cause, blocked=blocked)]

    def _file(self, record: ProcessStart) -> list[Finding]:
        program = posixpath.basename(record.exe) or posixpath.basename(record.argv[0] if record.argv else "")
        findings = []
        for argument in record.argv[1 : _ARGUMENTS + 1]:
            path = credential_file(program, argument)
            call = call_of(record)
            cause = f"credential_file:{'-' if call is None else call}"
            if path is not None and self._seen.first_time((FILE.id, f"{cause}:{path}", False), None):
                findings.append(conclude(FILE, record, summary=f"{program} was pointed at {path}", cause=cause))
        return findings[:1]
