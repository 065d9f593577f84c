"""What is counted of a ledger's records. Pure: fed the same records, in order, it says the same numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import get_args

from vigiles.detectors.registry import rules
from vigiles.incidents.campaigns import is_campaign
from vigiles.incidents.life_cycle import present_state
from vigiles.incidents.present import Versions
from vigiles.model.act import Act
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.finding import SEVERITIES, Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.sensor import Gap
from vigiles.model.response import Response, ResponseKind
from vigiles.model.union import Recorded
from vigiles.model.verdict import Decision, Verdict
from vigiles.runtime.metrics.exposition import Histogram, Labels, Metric

#: Record types that are fed; a ledger is asked for these only.
TYPES = ("episode_opened", "episode_ended", "act", "verdict", "finding", "incident", "response", "gap", "flood")
STATES = ("open", "acknowledged", "suppressed", "closed")
#: Upper bounds of how long a response took, seconds.
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: What is not one of our own words (a rule of somebody's own detector) is counted as this.
OTHER = "other"
_KINDS = frozenset(get_args(ResponseKind))


class Tally:
    """Counts. It keeps a few numbers, and each incident's newest version, which the states are told from."""

    def __init__(self) -> None:
        self._rules = frozenset(rule.id for rule in rules())
        self._opened = self._ended = self._calls = self._lost = self._folded = 0
        self._decisions: Counter[str] = Counter(dict.fromkeys(get_args(Decision), 0))
        self._findings: Counter[tuple[str, str]] = Counter()
        self._responses: Counter[tuple[str, str]] = Counter()
        self._took: dict[str, tuple[list[int], float]] = {}
        self._incidents: dict[str, Versions] = {}

    def feed(self, index: int, record: Recorded) -> None:
        """Count one record."""
        if isinstance(record, EpisodeOpened):
            self._opened += 1
        elif isinstance(record, EpisodeEnded):
            self._ended += 1
        elif isinstance(record, Act):
            self._calls += record.kind not in ("response", "approval")
        elif isinstance(record, Verdict):
            self._decisions[record.decision] += 1
        elif isinstance(record, Finding):
            rule = record.rule if record.rule in self._rules else OTHER
            self._findings[rule, record.severity] += 1
        elif isinstance(record, Incident):
            if not is_campaign(record):
                self._incidents.setdefault(record.incident, Versions()).add(index, record)
        elif isinstance(record, Response):
            self._response(record)
        elif isinstance(record, Gap):
            self._lost += record.count if record.what == "lost_records" else 0
        elif isinstance(record, Flood):
            self._folded += record.count

    def _response(self, response: Response) -> None:
        kind = response.kind if response.kind in _KINDS else OTHER
        self._responses[kind, response.outcome] += 1
        if response.outcome == "done":
            counts, total = self._took.get(kind, ([0] * (len(BOUNDS) + 1), 0.0))
            counts[bisect_left(BOUNDS, response.took_us / 1e6)] += 1
            self._took[kind] = (counts, total + response.took_us / 1e6)

    def metrics(self, now_us: int) -> list[Metric | Histogram]:
        """Return what was counted, incidents by their state at ``now_us`` (wall clock)."""
        states: Counter[tuple[str, str]] = Counter({(severity, state): 0 for severity in SEVERITIES for state in STATES})
        for versions in self._incidents.values():
            incident = versions.present()[1]
            states[incident.severity, present_state(incident, now_us)] += 1

        def by(names: tuple[str, str], counts: Counter[tuple[str, str]]) -> dict[Labels, float]:
            return {tuple(zip(names, values, strict=True)): float(count) for values, count in counts.items()}

        return [
            Metric("vigiles_episodes_total", "counter", "Episodes that were opened.", {(): self._opened}),
            Metric("vigiles_episodes_ended_total", "counter", "Episodes that ended.", {(): self._ended}),
            Metric("vigiles_acts_total", "counter", "Acts of agents: tool calls, processes and so on.", {(): self._calls}),
            Metric(
                "vigiles_verdicts_total",
                "counter",
                "What the gate said of acts.",
                {(("decision", one),): float(count) for one, count in self._decisions.items()},
            ),
            Metric("vigiles_findings_total", "counter", "Findings.", by(("rule", "severity"), self._findings)),
            Metric("vigiles_incidents", "gauge", "Incidents as they stand now.", by(("severity", "state"), states)),
            Metric("vigiles_responses_total", "counter", "Responses.", by(("kind", "outcome"), self._responses)),
            Histogram(
                "vigiles_response_seconds",
                "From the finding to the response done.",
                BOUNDS,
                {(("kind", kind),): told for kind, told in self._took.items()},
            ),
            Metric("vigiles_records_lost_total", "counter", "Records that could not be written.", {(): self._lost}),
            Metric("vigiles_records_folded_total", "counter", "Observations told in floods, by number.", {(): self._folded}),
        ]
