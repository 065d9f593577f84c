"""Records of one episode, on their way: to the ledger, through the detectors, into incidents, to a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from vigiles.detectors.registry import Detectors
from vigiles.incidents.correlate import Correlator
from vigiles.model.feedback import FeedbackValue
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.response import Response, ResponseKind
from vigiles.model.union import Recorded
from vigiles.responses.plan import Planner
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.feedback import feedback_for
from vigiles.ruleset.profile import Profile

#: Records kept in memory for the API; the ledger keeps all.
_KEPT = 100_000


class Post(Protocol):
    """The ledger as the pipeline needs it."""

    def post(self, record: Recorded) -> None:
        """Append within 50 ms without waiting."""
        ...


@dataclass
class Pipeline:
    """``strike`` is called with an incident's new version and what the profile wants done about it."""

    profile: Profile
    ledger: Post
    state: BudgetState
    strike: Callable[[Incident, Finding, list[ResponseKind]], None]
    notify: Callable[[Finding], None]
    records: list[Recorded] = field(default_factory=list)
    dropped: int = 0
    incidents: dict[str, Incident] = field(default_factory=dict)
    _detectors: Detectors = field(default_factory=Detectors)
    _correlator: Correlator = field(default_factory=Correlator)
    _planner: Planner = field(init=False)
    _reasons: dict[int, set[str]] = field(default_factory=dict)
    _rules: dict[int, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._planner = Planner(self.profile.responses)

    def observe(self, record: Recorded) -> None:
        """Take a record that is not in the ledger yet: write it, then let it be seen."""
        self.ledger.post(record)
        self.see(record)

    def see(self, record: Recorded) -> None:
        """Take a record that the ledger has: count it, keep it, feed the detectors."""
        self.state.add(record)
        self._keep(record)
        self._reason(record)
        for finding in self._detectors.feed(record):
            self._found(finding)

    def responded(self, response: Response) -> None:
        """Take the record of something we did about an incident."""
        self.observe(response)
        version = self._correlator.responded(response)
        if version is not None:
            self._incident(version)

    def feedback(self, call: int, reasons: list[str]) -> tuple[FeedbackValue, list[str]]:
        """Return what training is told about a call, and why: its verdict's reason, its refusals, its findings."""
        codes = [*reasons, *sorted(self._reasons.get(call, ()))]
        rules = sorted(self._rules.get(call, ()))
        return feedback_for(self.profile, codes, rules), [*codes, *rules]

    def findings(self, call: int | None = None) -> list[Finding]:
        """Return the findings of one call, or all."""
        found = [record for record in self.records if isinstance(record, Finding)]
        return found if call is None else [finding for finding in found if finding.attribution.call == call]

    def _found(self, finding: Finding) -> None:
        self.ledger.post(finding)
        self._keep(finding)
        if finding.attribution.call is not None:
            self._rules.setdefault(finding.attribution.call, set()).add(finding.rule)
        self.notify(finding)
        incident = self._correlator.feed(finding)
        if incident is None:
            return
        self._incident(incident)
        kinds = self._planner.plan(incident, finding)
        if kinds:
            self.strike(incident, finding, kinds)

    def _incident(self, incident: Incident) -> None:
        self.ledger.post(incident)
        self._keep(incident)
        self.incidents[incident.incident] = incident

    def _reason(self, record: Recorded) -> None:
        """Remember why something of a call was refused."""
        if isinstance(record, Flow | Connect | DnsQuery):
            call = record.attribution.call
            if call is not None and record.reason not in ("allowed", "allowed_observe"):
                self._reasons.setdefault(call, set()).add(record.reason)

    def _keep(self, record: Recorded) -> None:
        if len(self.records) < _KEPT:
            self.records.append(record)
        else:
            self.dropped += 1
