"""Everything an episode's records hold about one incident, joined: the way from the flow back to the call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from vigiles.incidents.tree import Branch, process_tree
from vigiles.model.act import Act
from vigiles.model.applied import FilesApplied
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import NotFound
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.base import Observation
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.response import Response
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict

Indexed = tuple[int, Recorded]


class CallStory(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the incident: what was asked, judged and done, the processes it started, the flows it opened."""

    call: int
    turn: int | None
    act: tuple[int, Act] | None
    verdict: tuple[int, Verdict] | None
    result: tuple[int, Result] | None
    processes: list[Branch]
    flows: list[tuple[int, Flow]]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """An incident's newest version with all that belongs to it; numbers beside records are ledger indices."""

    incident: Incident
    index: int
    where: Coordinates | None
    opened: EpisodeOpened | None
    ended: EpisodeEnded | None
    findings: list[tuple[int, Finding]]
    evidence: list[Indexed]
    missing: list[str]
    calls: list[CallStory]
    responses: list[tuple[int, Response]]
    applied: list[tuple[int, FilesApplied]] = []


def newest_incidents(records: Iterable[Indexed]) -> dict[str, tuple[int, Incident]]:
    """Return the newest version of every incident among ``records``, by incident id, in order of first appearance."""
    found: dict[str, tuple[int, Incident]] = {}
    for index, record in records:
        if isinstance(record, Incident):
            known = found.get(record.incident)
            if known is None or record.version >= known[1].version:
                found[record.incident] = (index, record)
    return found


def build(records: Sequence[Indexed], incident: str) -> Timeline:
    """Return the timeline of ``incident`` from its episode's ``records`` in ledger order. Raises :class:`NotFound`."""
    newest = newest_incidents(records).get(incident)
    if newest is None:
        raise NotFound(f"there is no incident {incident} among these records", "List them: vigiles incidents")
    index, version = newest
    by_id = {record.id: (place, record) for place, record in records}
    named = set(version.findings)
    findings = [(place, record) for place, record in records if isinstance(record, Finding) and record.id in named]
    wanted = list(dict.fromkeys(one for _, finding in findings for one in reversed(finding.evidence)))
    evidence = sorted((by_id[one] for one in wanted if one in by_id), key=lambda item: item[0])
    responses = [
        (place, record)
        for place, record in records
        if isinstance(record, Response) and (record.incident == incident or record.id in version.responses)
    ]
    # What belongs to no episode is looked for in the whole ledger, whose episodes are not its own.
    frame = [] if version.coordinates is None else [record for _, record in records]
    return Timeline(
        incident=version,
        index=index,
        where=version.coordinates,
        opened=next((one for one in frame if isinstance(one, EpisodeOpened)), None),
        ended=next((one for one in frame if isinstance(one, EpisodeEnded)), None),
        findings=findings,
        evidence=evidence,
        missing=[one for one in wanted if one not in by_id],
        calls=[_call(own, call) for call, own in _by_call(records, version.calls).items()],
        responses=responses,
        applied=[(place, record) for place, record in records if isinstance(record, FilesApplied)],
    )


def _by_call(records: Sequence[Indexed], calls: Sequence[int]) -> dict[int, list[Indexed]]:
    """Return what each of ``calls`` may own, in one walk: an incident may have many calls, and an episode many records."""
    owned: dict[int, list[Indexed]] = {call: [] for call in calls}
    acts: dict[str, int | None] = {}
    for item in records:
        record = item[1]
        call: int | None = None
        if isinstance(record, Act):
            call = acts[record.id] = record.coordinates.call if record.coordinates is not None else None
        elif isinstance(record, Verdict | Result):
            call = acts.get(record.act)
        elif isinstance(record, Observation):
            call = record.attribution.call
        if call is not None and call in owned:
            owned[call].append(item)
    return owned


def _call(records: Sequence[Indexed], call: int) -> CallStory:
    act: tuple[int, Act] | None = None
    verdict: tuple[int, Verdict] | None = None
    result: tuple[int, Result] | None = None
    starts: list[ProcessStart] = []
    exits: list[ProcessExit] = []
    flows: dict[str, tuple[int, Flow]] = {}
    for place, record in records:
        if isinstance(record, Act):
            stands = record.coordinates is not None and record.coordinates.call == call and record.kind != "response"
            act = act or ((place, record) if stands else None)
        elif isinstance(record, Verdict) and act is not None and record.act == act[1].id:
            verdict = (place, record)
        elif isinstance(record, Result) and act is not None and record.act == act[1].id:
            result = (place, record)
        elif isinstance(record, Observation) and record.attribution.call == call:
            if isinstance(record, ProcessStart):
                starts.append(record)
            elif isinstance(record, ProcessExit):
                exits.append(record)
            elif isinstance(record, Flow):
                flows[record.flow] = (place, record)
    turn = act[1].coordinates.turn if act and act[1].coordinates else None
    return CallStory(
        call=call,
        turn=turn,
        act=act,
        verdict=verdict,
        result=result,
        processes=process_tree(starts, exits),
        flows=list(flows.values()),
    )
