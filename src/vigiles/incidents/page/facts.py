"""Everything that the page tells, gathered once from an episode's records."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vigiles.incidents.page.flow_story import FlowStory, flow_stories
from vigiles.incidents.timeline import Indexed, Timeline
from vigiles.ledger.bundle import Bundle
from vigiles.model.act import Act
from vigiles.model.cell import CellReady
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.feedback import Feedback
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.base import Observation
from vigiles.model.principal import Principal
from vigiles.model.response import Response
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The bundle, or why there is none; ``ledger`` is the checkpoint's (origin, size, root in hex), None without one."""

    bundle: Bundle | None
    ledger: tuple[str, int, str] | None
    missing: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """``story``: the incident's own records in ledger order; ``numbers``: record id -> ledger index, for these.

    ``episode_size``: readable records of the whole episode; ``others``: further incidents of the same episode;
    ``campaign``: what it is part of, over several episodes; ``written_us``: when the page was written, wall clock;
    ``made_by``: which Vigiles wrote it.
    """

    timeline: Timeline
    story: list[Indexed]
    numbers: dict[str, int]
    flows: list[FlowStory]
    cell: CellReady | None
    principal: Principal | None
    feedback: list[tuple[int, Feedback]]
    proof: Proof
    episode_size: int
    others: list[str]
    campaign: Incident | None
    drill: str | None
    written_us: int
    made_by: str


def gather(
    records: Sequence[Indexed],
    timeline: Timeline,
    *,
    proof: Proof,
    written_us: int,
    made_by: str,
    principal: Principal | None = None,
    drill: str | None = None,
    campaign: Incident | None = None,
) -> Facts:
    """Return the facts of ``timeline``'s incident out of its episode's ``records``, which stand in ledger order."""
    incident = timeline.incident
    calls = set(incident.calls)
    named = {record.id for _, record in [*timeline.evidence, *timeline.findings, *timeline.responses]}
    acts = {record.id for _, record in records if isinstance(record, Act) and _call(record) in calls}
    frame = timeline.where is not None
    own = [item for item in records if item[1].id in named or _belongs(item[1], incident.incident, calls, acts, frame)]
    return Facts(
        timeline=timeline,
        story=own,
        numbers={record.id: index for index, record in own},
        flows=flow_stories(own),
        cell=next((record for _, record in own if isinstance(record, CellReady)), None),
        principal=principal,
        feedback=[(index, one) for index, one in own if isinstance(one, Feedback)],
        proof=proof,
        episode_size=len(records),
        others=sorted({one.incident for _, one in records if frame and isinstance(one, Incident)} - {incident.incident}),
        campaign=campaign,
        drill=drill,
        written_us=written_us,
        made_by=made_by,
    )


def _belongs(record: Recorded, incident: str, calls: set[int], acts: set[str], frame: bool) -> bool:
    """Say whether a record is part of the incident's story: its calls' records, its versions, the episode's ``frame``."""
    if isinstance(record, Incident):
        return record.incident == incident
    if isinstance(record, Feedback | Verdict):
        return record.act in acts
    if isinstance(record, Finding | Response):
        return False  # these are named by the incident itself, or belong to another one
    if isinstance(record, EpisodeOpened | EpisodeEnded | CellReady):
        return frame
    if isinstance(record, Act) and record.kind == "response":
        return False
    return _call(record) in calls


def _call(record: Recorded) -> int | None:
    if isinstance(record, Observation):
        return record.attribution.call
    return None if record.coordinates is None else record.coordinates.call
