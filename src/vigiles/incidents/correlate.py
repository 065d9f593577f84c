"""Findings to incidents: one incident for each cause of an episode, versioned, with severity by rule."""

from __future__ import annotations

import hashlib

import msgspec

from vigiles.incidents.kept import Kept
from vigiles.incidents.severity import severity_of
from vigiles.model.canonical import encode
from vigiles.model.finding import SEVERITIES, Finding
from vigiles.model.incident import Incident
from vigiles.model.response import Response, ResponseKind

#: Responses that end the effect. ``deny`` refused it, ``notify`` and ``hold_model`` leave it running.
CONTAINING: frozenset[ResponseKind] = frozenset({"deny", "cut_egress", "freeze", "end_call", "end_episode"})
#: After so many findings an incident changes only when its severity would, or when it is not contained any more.
FINDINGS_LIMIT = 200
INCIDENTS = 4096


def incident_id(run: str, episode: str, cause: str) -> str:
    """Return ``inc-`` and 64 bits of SHA-256 over (run, episode, cause): the same in every replay."""
    return "inc-" + hashlib.sha256(encode([run, episode, cause])).hexdigest()[:16]


class Correlator:
    """Keeps the newest version of each incident and the findings it stands on. Bounded: the oldest incident is dropped."""

    def __init__(self, limit: int = INCIDENTS) -> None:
        self._kept = Kept(limit)

    def feed(self, finding: Finding) -> Incident | None:
        """Return the new version that ``finding`` makes, or None where it adds nothing."""
        run = finding.coordinates.run if finding.coordinates else ""
        episode = finding.coordinates.episode if finding.coordinates else ""
        name = incident_id(run, episode, finding.cause)
        known = self._kept.get(name)
        if known is None:
            return self._kept.put(_open(name, finding), [finding], struck=False)
        incident, findings, struck = known
        if finding.id in incident.findings:
            return None
        severity = severity_of([*findings, finding])
        loose = incident.contained and not finding.blocked and not struck
        if len(findings) >= FINDINGS_LIMIT and severity == incident.severity and not loose:
            return None
        findings = [*findings, finding]
        return self._kept.put(_grown(incident, finding, findings, struck), findings, struck)

    def responded(self, response: Response) -> Incident | None:
        """Return the new version of the incident that ``response`` names; None where it names none that is known."""
        known = self._kept.get(response.incident or "")
        if known is None:
            return None
        struck = known.struck
        if response.outcome == "done":
            struck = response.kind != "thaw" and (struck or response.kind in CONTAINING)
        return self._kept.put(responded(known.incident, response), known.findings, struck)

    def replace(self, incident: Incident) -> None:
        """Take over a version made elsewhere: a person's acknowledgement, suppression or closing."""
        known = self._kept.get(incident.incident)
        self._kept.put(incident, known.findings if known else [], struck=known.struck if known else False)

    def newest(self, incident: str) -> Incident | None:
        """Return the newest version of an incident."""
        known = self._kept.get(incident)
        return known.incident if known else None


def responded(incident: Incident, response: Response) -> Incident:
    """Return the next version of ``incident`` after ``response``: contained from the first containing one that was done."""
    contained, contained_us = incident.contained, incident.contained_us
    if response.outcome == "done" and response.kind in CONTAINING and not contained:
        contained, contained_us = True, response.at.wall_us
    elif response.outcome == "done" and response.kind == "thaw":
        contained, contained_us = False, None
    return msgspec.structs.replace(
        _next(incident),
        at=response.at,
        responses=[*incident.responses, response.id],
        contained=contained,
        contained_us=contained_us,
    )


def _open(name: str, finding: Finding) -> Incident:
    exact = finding.attribution.grade == "exact"
    return Incident(
        id=f"{name}.1",
        at=finding.at,
        coordinates=finding.coordinates,
        incident=name,
        version=1,
        state="open",
        severity=severity_of([finding]),
        cause=finding.cause,
        title=finding.summary,
        findings=[finding.id],
        detectors=[finding.detector],
        techniques=list(finding.techniques),
        calls=_calls([finding]),
        contained=finding.blocked,
        occurred_us=finding.occurred_us,
        aware_us=finding.at.wall_us,
        established_us=finding.at.wall_us if exact else None,
        contained_us=finding.at.wall_us if finding.blocked else None,
    )


def _grown(incident: Incident, finding: Finding, findings: list[Finding], struck: bool) -> Incident:
    exact = finding.attribution.grade == "exact"
    established = incident.established_us
    # What got through after something was refused is not contained by that refusal; what a response did still holds.
    contained = incident.contained and (finding.blocked or struck)
    if not incident.contained and finding.blocked and _only_asked(findings):
        contained = True
    return msgspec.structs.replace(
        _next(incident),
        at=finding.at,
        state="open" if incident.state == "closed" else incident.state,
        severity=severity_of(findings),
        title=max(findings, key=lambda one: (_rank(one), -one.at.mono_us)).summary,
        findings=[*incident.findings, finding.id],
        detectors=sorted({*incident.detectors, finding.detector}),
        techniques=sorted({*incident.techniques, *finding.techniques}),
        calls=_calls(findings),
        occurred_us=min(incident.occurred_us, finding.occurred_us),
        established_us=finding.at.wall_us if established is None and exact else established,
        contained=contained,
        contained_us=incident.contained_us or finding.at.wall_us if contained else None,
    )


def _only_asked(findings: list[Finding]) -> bool:
    """Return whether everything that was not refused was only asked for: a command line, and no effect seen of it."""
    return all(finding.blocked or finding.rule.endswith("_argv") for finding in findings)


def _next(incident: Incident) -> Incident:
    version = incident.version + 1
    return msgspec.structs.replace(incident, id=f"{incident.incident}.{version}", version=version)


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _calls(findings: list[Finding]) -> list[int]:
    return sorted({finding.attribution.call for finding in findings if finding.attribution.call is not None})
