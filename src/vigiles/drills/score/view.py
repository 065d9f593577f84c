"""One episode's records sorted by call, the way the scorer asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.drills.played import PlayedEpisode, PlayedStep
from vigiles.incidents.correlate import CONTAINING
from vigiles.model.act import Act
from vigiles.model.attribution import Attribution
from vigiles.model.feedback import Feedback
from vigiles.model.finding import Finding
from vigiles.model.observation.base import Observation
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.response import Response
from vigiles.model.verdict import Verdict
from vigiles.ruleset.feedback import worst

NetworkObservation = Connect | Bind | DnsQuery | Flow


class View:
    """Answers questions about one played episode. Times are CLOCK_MONOTONIC, microseconds."""

    def __init__(self, episode: PlayedEpisode) -> None:
        self.episode = episode
        self.findings: list[Finding] = []
        self.network: list[NetworkObservation] = []
        self._observations: list[Observation] = []
        self._responses: list[Response] = []
        self._feedback: list[Feedback] = []
        self._verdicts: list[Verdict] = []
        self._call_of_act: dict[str, int] = {}
        for record in episode.records:
            match record:
                case Finding():
                    self.findings.append(record)
                case Observation():
                    self._observations.append(record)
                    if isinstance(record, NetworkObservation):
                        self.network.append(record)
                case Response():
                    self._responses.append(record)
                case Feedback():
                    self._feedback.append(record)
                case Verdict():
                    self._verdicts.append(record)
                case Act() if record.coordinates is not None and record.coordinates.call is not None:
                    self._call_of_act[record.id] = record.coordinates.call
                case _:
                    pass

    def first_observation(self, call: int) -> int | None:
        """Return when the call was first seen on the network, else first seen at all."""
        for group in (self.network, self._observations):
            times = [record.at.mono_us for record in group if belongs(record.attribution, call)]
            if times:
                return min(times)
        return None

    def findings_of(self, call: int, detectors: Sequence[str]) -> list[Finding]:
        """Return the findings of some detectors about a call."""
        return [f for f in self.findings if f.detector in detectors and belongs(f.attribution, call)]

    def known_at(self, finding: Finding) -> int:
        """Return when a finding was there to be read: as the play saw it, else its own time."""
        return max(finding.at.mono_us, self.episode.findings_seen.get(finding.id, 0))

    def refusals(self, call: int) -> list[int]:
        """Return when something of the call was refused: by the gate, at a connect, by the door."""
        times = [v.at.mono_us for v in self._verdicts if v.decision in ("deny", "hold", "stop") and self._of(v) == call]
        for record in self.network:
            refused = (
                (isinstance(record, Connect) and record.outcome == "refused")
                or (isinstance(record, Flow) and record.phase == "refused")
                or (isinstance(record, DnsQuery) and record.outcome == "refused")
            )
            if refused and belongs(record.attribution, call):
                times.append(record.at.mono_us)
        return sorted(times)

    def responses(self, since: int) -> list[int]:
        """Return when a response that contains the whole episode was done, from ``since`` on."""
        done = [r.at.mono_us for r in self._responses if r.kind in CONTAINING and r.outcome == "done"]
        return sorted(when for when in done if when >= since)

    def feedback(self, played: PlayedStep) -> str | None:
        """Return the worst feedback on record for a step's call, else what the API said at its end."""
        values = [
            record.value
            for record in self._feedback
            if record.coordinates is not None and record.coordinates.call == played.call is not None
        ]
        return worst(values) if values else played.feedback

    def _of(self, verdict: Verdict) -> int | None:
        return self._call_of_act.get(verdict.act)


def belongs(attribution: Attribution, call: int) -> bool:
    """Return whether an attribution names the call, or holds it possible."""
    return attribution.call == call or call in attribution.candidates
