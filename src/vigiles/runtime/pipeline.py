"""Records of one episode, on their way: to the ledger, through the detectors, into incidents, to a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vigiles.detectors.registry import Detectors
from vigiles.detectors.telling import telling
from vigiles.incidents.correlate import Correlator
from vigiles.ledger.mint import new_id
from vigiles.model.episode import CallEnded, EpisodeEnded
from vigiles.model.feedback import FeedbackValue
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.base import Observation
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.reason import REASON_CODES
from vigiles.model.response import Response, ResponseKind
from vigiles.model.result import Result
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.responses.plan import Planner
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.feedback import feedback_for
from vigiles.ruleset.profile import Profile
from vigiles.runtime.detecting.across import Across
from vigiles.runtime.detecting.own_detectors import with_own
from vigiles.runtime.detecting.post import Post
from vigiles.sensors.flood import Floods

#: Records kept in memory for the API; the ledger keeps all. A flood of observations leaves room for what is said of them.
_KEPT, _SPARE = 100_000, 10_000
_BUDGETS = frozenset(code for code in REASON_CODES if code.startswith("budget_"))
_REACHING = (Flow, Connect, DnsQuery)
_KEPT_FINDINGS = _KEPT_INCIDENTS = 10_000


@dataclass
class Pipeline:
    """``strike`` is called with an incident's new version and what the profile wants done about it, ``notify`` then with
    the finding. Raises :class:`ControlUnavailable` for a detector that the profile names and that is not there. ``flooded``
    hears of each flood.

    ``across`` looks at the records of every pipeline that shares it.

    ``dropped`` counts what the ledger has and this memory has no room for; findings and incidents have room of their own.
    """

    profile: Profile
    ledger: Post
    state: BudgetState
    strike: Callable[[Incident, Finding, list[ResponseKind]], None]
    notify: Callable[[Finding], None]
    flooded: Callable[[Flood], None] = lambda _: None
    across: Across = field(default_factory=Across)
    records: list[Recorded] = field(default_factory=list)
    dropped: int = 0
    incidents: dict[str, Incident] = field(default_factory=dict)
    dropped_findings: int = 0
    dropped_incidents: int = 0
    _findings: list[Finding] = field(default_factory=list)
    _detectors: Detectors = field(init=False)
    _correlator: Correlator = field(default_factory=Correlator)
    _floods: Floods = field(default_factory=lambda: Floods(lambda: new_id("obs"), telling))
    _planner: Planner = field(init=False)
    _reasons: dict[int, set[str]] = field(default_factory=dict)
    _rules: dict[int, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._planner = Planner(self.profile.responses)
        self._detectors = Detectors(with_own(self.profile.detectors))

    def observe(self, record: Recorded) -> None:
        """Take a record that is not in the ledger yet: write it, then let it be seen. A flood is told in numbers."""
        if isinstance(record, CallEnded | EpisodeEnded):
            of = record.coordinates.call if isinstance(record, CallEnded) and record.coordinates is not None else None
            self._write(self._floods.flush(record.at, of))
        self._write(self._floods.take(record))

    def settle(self, at: Stamp) -> None:
        """Let floods be told that are due."""
        self._write(self._floods.settle(at))

    def see(self, record: Recorded) -> None:
        """Take a record that the ledger has: count it, keep it, feed the detectors."""
        self.state.add(record)
        self._keep(record)
        self._reason(record)
        for finding in self._detectors.feed(record):
            self._found(finding)
        self.across.feed(record, self)

    def found(self, finding: Finding) -> None:
        """Take a finding about this episode that was made from several."""
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
        """Return the findings of one call, or all, oldest first; ``dropped_findings`` more were not kept."""
        return [finding for finding in self._findings if call is None or finding.attribution.call == call]

    def _write(self, records: Sequence[Recorded]) -> None:
        for record in records:
            self.ledger.post(record)
            self.see(record)
            if isinstance(record, Flood):
                self.flooded(record)

    def _found(self, finding: Finding) -> None:
        self.ledger.post(finding)
        self._keep(finding)
        if len(self._findings) < _KEPT_FINDINGS:
            self._findings.append(finding)
        else:
            self.dropped_findings += 1
        if finding.attribution.call is not None:
            self._rules.setdefault(finding.attribution.call, set()).add(finding.rule)
        incident = self._correlator.feed(finding)
        if incident is not None:
            self._incident(incident)
            kinds = self._planner.plan(incident, finding)
            if kinds:
                self.strike(incident, finding, kinds)
        self.notify(finding)

    def _incident(self, incident: Incident) -> None:
        self.ledger.post(incident)
        self._keep(incident)
        if incident.incident in self.incidents or len(self.incidents) < _KEPT_INCIDENTS:
            self.incidents[incident.incident] = incident
        else:
            self.dropped_incidents += 1

    def _reason(self, record: Recorded) -> None:
        """Remember why something of a call was refused, and which budget ended it; a caller's own timeout is no reason."""
        call: int | None = None
        reason: str | None = None
        if isinstance(record, _REACHING) and record.reason not in ("allowed", "allowed_observe"):
            call, reason = record.attribution.call, record.reason
        elif isinstance(record, Result) and record.error in _BUDGETS and record.coordinates is not None:
            call, reason = record.coordinates.call, record.error
        if call is not None and reason is not None:
            self._reasons.setdefault(call, set()).add(reason)

    def _keep(self, record: Recorded) -> None:
        if len(self.records) < (_KEPT if isinstance(record, Observation) else _KEPT + _SPARE):
            self.records.append(record)
        else:
            self.dropped += 1
