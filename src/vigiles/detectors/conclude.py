"""From evidence to a finding with an id that any replay repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from vigiles.detectors.rule import Rule
from vigiles.model.attribution import NOBODY, Attribution
from vigiles.model.canonical import encode
from vigiles.model.finding import Finding, Severity
from vigiles.model.observation.base import Observation
from vigiles.model.record import Event

#: A finding names its evidence; a flood does not make the finding a flood.
EVIDENCE_LIMIT = 32


def finding_id(rule: Rule, evidence: Sequence[str]) -> str:
    """Return ``fnd-`` and 64 bits of SHA-256 over (detector, rule, evidence ids)."""
    return "fnd-" + hashlib.sha256(encode([rule.detector, rule.id, *evidence])).hexdigest()[:16]


def attribution_of(record: Event) -> Attribution:
    """Return an observation's attribution; a record made by the gate stands at its own call, exactly."""
    if isinstance(record, Observation):
        return record.attribution
    call = record.coordinates.call if record.coordinates else None
    return NOBODY if call is None else Attribution(grade="exact", call=call, methods=["launch"])


def call_of(record: Event) -> int | None:
    """Return the call a record belongs to, where its attribution names one."""
    return attribution_of(record).call


def conclude(
    rule: Rule,
    record: Event,
    *,
    summary: str,
    cause: str,
    evidence: Sequence[Event | str] = (),
    occurred_us: int | None = None,
    attribution: Attribution | None = None,
    severity: Severity | None = None,
    blocked: bool = False,
) -> Finding:
    """Return the finding that ``record`` completes.

    ``evidence`` are further records or ids, oldest first; ``occurred_us`` is the wall time of the first of them where it
    is known by id only. ``severity`` overrides the rule's. The attribution is the completing record's unless given.
    """
    ids = [record.id, *(item.id if isinstance(item, Event) else item for item in evidence)]
    ids = list(dict.fromkeys(ids))[:EVIDENCE_LIMIT]
    times = [item.at.wall_us for item in evidence if isinstance(item, Event)]
    told = attribution or attribution_of(record)
    coordinates = record.coordinates
    if coordinates is not None and coordinates.call != told.call:
        coordinates = msgspec.structs.replace(coordinates, call=told.call, turn=None, label=None)
    return Finding(
        id=finding_id(rule, ids),
        at=record.at,
        coordinates=coordinates,
        detector=rule.detector,
        rule=rule.id,
        author=rule.author,
        techniques=list(rule.techniques),
        severity=severity or rule.severity,
        summary=summary,
        cause=cause,
        attribution=told,
        evidence=ids,
        occurred_us=min([record.at.wall_us, *times, *([occurred_us] if occurred_us is not None else [])]),
        blocked=blocked,
    )
