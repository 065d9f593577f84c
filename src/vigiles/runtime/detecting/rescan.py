"""Today's detectors over old records: what they would have found, and did not find then.

Detectors are pure and a finding's id follows from its content, so what is found again is known by its id and only the
rest is new. One episode is looked at after the other, record by record, so memory does not grow with the ledger; what
compares episodes is fed all of them once, in the ledger's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from vigiles.detectors.channels.baseline import Baseline
from vigiles.detectors.channels.channels import Channels
from vigiles.detectors.interface import Detector
from vigiles.detectors.registry import DETECTORS, Detectors
from vigiles.incidents.correlate import Correlator
from vigiles.incidents.present import Versions
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident

#: New findings of one episode that are kept; a new detector that says more has a fault of its own.
MOST = 10_000


@dataclass(frozen=True)
class Fresh:
    """What a rescan of one episode adds, marked as a rescan's. ``incidents`` are versions, one for each finding that changed
    one; ``records`` were looked at; ``more`` findings were not kept.
    """

    run: str
    episode: str
    records: int
    findings: list[Finding] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    more: int = 0


def ended_episodes(
    reader: LedgerReader, run: str | None = None, since_us: int | None = None
) -> tuple[list[tuple[str, str]], int]:
    """Return (run, episode) of those that ended, at or after ``since_us`` (wall time), in the order of their opening, and
    how many are left out because they still run: their own supervisor watches them.
    """
    over: set[str] = set()
    late: set[str] = set()
    for _, record in reader.records(type="episode_ended", run=run):
        if isinstance(record, EpisodeEnded) and record.coordinates is not None:
            over.add(record.coordinates.episode)
            if since_us is None or record.at.wall_us >= since_us:
                late.add(record.coordinates.episode)
    found: dict[tuple[str, str], None] = {}
    running = 0
    for _, record in reader.records(type="episode_opened", run=run):
        if isinstance(record, EpisodeOpened) and record.coordinates is not None:
            where = record.coordinates
            running += where.episode not in over
            if where.episode in late:
                found[where.run, where.episode] = None
    return list(found), running


def across_episodes(
    reader: LedgerReader, baseline: Baseline, run: str | None = None
) -> dict[tuple[str, str], list[Finding]]:
    """Return what ``channels`` finds in the records of all episodes, or of a run's, by (run, episode).

    ``baseline`` is what honest episodes share. Raises :class:`LedgerInvalid`.
    """
    channels = Channels(baseline)
    found: dict[tuple[str, str], list[Finding]] = {}
    for _, record in reader.records(run=run):
        for finding in channels.feed(record):
            assert finding.coordinates is not None
            about = found.setdefault((finding.coordinates.run, finding.coordinates.episode), [])
            if len(about) <= MOST:
                about.append(finding)
    return found


def rescan_episode(
    reader: LedgerReader,
    run: str,
    episode: str,
    mark: str,
    make: Sequence[Callable[[], Detector]] = DETECTORS,
    across: Sequence[Finding] = (),
) -> Fresh:
    """Return what the detectors that ``make`` makes find beyond what the ledger has; ``mark`` goes into what is new.

    ``across``: what was found of the episode by comparing it with others. Raises :class:`LedgerInvalid` where records cannot
    be read.
    """
    detectors = Detectors(make)
    found: list[Finding] = []
    seen: set[str] = set()
    count = more = 0

    def all_of_it() -> Iterator[Finding]:
        nonlocal count
        for _, record in reader.records(run=run, episode=episode):
            count += 1
            yield from detectors.feed(record)
        yield from across

    for finding in all_of_it():
        if finding.id in seen or next(reader.records(id=finding.id, limit=1), None) is not None:
            continue
        if len(found) >= MOST:
            more += 1
            continue
        seen.add(finding.id)
        found.append(msgspec.structs.replace(finding, rescan=mark))
    return Fresh(run, episode, count, found, _incidents(reader, run, episode, found, mark) if found else [], more)


def _incidents(reader: LedgerReader, run: str, episode: str, found: list[Finding], mark: str) -> list[Incident]:
    """Return the versions that new findings add to what the ledger has of the episode's incidents."""
    correlator = Correlator()
    for _, known in reader.records(type="finding", run=run, episode=episode):
        if isinstance(known, Finding):
            correlator.feed(known)
    versions: dict[str, Versions] = {}
    for index, version in reader.records(type="incident", run=run, episode=episode):
        if isinstance(version, Incident):
            versions.setdefault(version.incident, Versions()).add(index, version)
    for known_versions in versions.values():
        if known_versions.grown is not None:
            last = known_versions.present()[1].version
            correlator.replace(msgspec.structs.replace(known_versions.grown[1], version=last))
    made = (correlator.feed(finding) for finding in found)
    return [msgspec.structs.replace(version, rescan=mark) for version in made if version is not None]
