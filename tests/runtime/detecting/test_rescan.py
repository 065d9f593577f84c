from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.detectors.conclude import conclude
from vigiles.detectors.registry import DETECTORS, Detectors
from vigiles.detectors.rule import Rule
from vigiles.incidents.correlate import Correlator
from vigiles.incidents.life_cycle import close
from vigiles.incidents.present import newest_incidents
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.finding import Finding
from vigiles.model.observation.flow import Flow
from vigiles.model.union import Recorded
from vigiles.runtime.detecting.rescan import Fresh, ended_episodes, rescan_episode

LATE = Rule(id="late.bloom", severity="critical", techniques=[], source="this test")


class Late:
    """A detector that did not exist when the records were made."""

    name = "late"
    rules = (LATE,)
    takes = (Flow,)

    def feed(self, record: Recorded) -> list[Finding]:
        if not isinstance(record, Flow) or record.phase != "refused":
            return []
        return [conclude(LATE, record, summary="seen late", cause=f"egress:1:{record.host}:{record.port}")]


def record_episode(home: Path, episode: str, *, ended: bool = True) -> SyncRecorderClient:
    """As a supervisor records it: observations, and what the detectors of that time made of them."""

    def head(prefix: str) -> dict[str, Any]:
        where = Coordinates(run="run-1", episode=episode, call=None if prefix == "rec" else 1)
        return {"id": new_id(prefix), "at": now(), "coordinates": where}

    seen = {"sensor": "door", "attribution": Attribution(grade="exact", call=1, methods=["listener"])}
    flow = {"flow": "f", "via": "connect", "host": "pool.example", "port": 3333, "protocol": "stratum"}
    records: list[Recorded] = [
        EpisodeOpened(**head("rec"), principal="agent", profile="observe", ruleset="ab" * 32, tier="U"),
        Flow(**head("obs"), **seen, phase="refused", reason="egress_host", **flow),
    ]
    if ended:
        records.append(EpisodeEnded(**head("rec"), reason="closed"))
    detectors, correlator = Detectors(), Correlator()
    client = SyncRecorderClient(home, idle_exit_s=0.2)
    for record in records:
        client.append([record])
        for finding in detectors.feed(record):
            version = correlator.feed(finding)
            client.append([finding, *([version] if version else [])])
    if ended:  # else the recorder would end it for us
        client.close()
    return client


@pytest.fixture
def reading(home: Path) -> Iterator[Any]:
    opened: list[LedgerReader] = []

    def read() -> LedgerReader:
        opened.append(LedgerReader(home))
        return opened[-1]

    yield read
    for reader in opened:
        reader.close()


def test_the_same_detectors_find_nothing_new(home: Path, reading: Any) -> None:
    record_episode(home, "ep-1")
    fresh = rescan_episode(reading(), "run-1", "ep-1", "1.0")
    assert (fresh.findings, fresh.incidents) == ([], [])
    assert fresh.records > 3


def test_a_new_detector_adds_to_what_is_there(home: Path, reading: Any) -> None:
    record_episode(home, "ep-1")
    fresh = rescan_episode(reading(), "run-1", "ep-1", "1.0", (*DETECTORS, Late))
    (finding,) = fresh.findings
    assert (finding.rule, finding.rescan) == ("late.bloom", "1.0")
    (version,) = fresh.incidents
    before = next(iter(newest_incidents(reading().records(type="incident")).values()))[1]
    assert version.incident == before.incident, "the same cause is the same incident"
    assert version.version == before.version + 1
    assert (version.rescan, version.severity) == ("1.0", "critical")
    assert version.findings == [*before.findings, finding.id]
    assert fresh == rescan_episode(reading(), "run-1", "ep-1", "1.0", (*DETECTORS, Late)), "the same every time"


def test_what_was_recorded_is_not_new_again_and_opens_what_was_closed(home: Path, reading: Any) -> None:
    record_episode(home, "ep-1")
    before = next(iter(newest_incidents(reading().records(type="incident")).values()))[1]
    with SyncRecorderClient(home, idle_exit_s=0.2) as client:
        client.append([close(before, now(), "ann", "dealt with")])
        fresh = rescan_episode(reading(), "run-1", "ep-1", "1.0", (*DETECTORS, Late))
        client.append([*fresh.findings, *fresh.incidents])
    ids = [record.id for _, record in reading().records()]
    assert len(ids) == len(set(ids))
    after = next(iter(newest_incidents(reading().records(type="incident")).values()))[1]
    assert (after.state, after.severity, after.by) == ("open", "critical", "ann")
    again: Fresh = rescan_episode(reading(), "run-1", "ep-1", "1.0", (*DETECTORS, Late))
    assert again.findings == []


def test_episodes_are_chosen_by_run_and_end(home: Path, reading: Any) -> None:
    record_episode(home, "ep-1")
    between = now().wall_us
    record_episode(home, "ep-2")
    running = record_episode(home, "ep-3", ended=False)
    assert ended_episodes(reading()) == ([("run-1", "ep-1"), ("run-1", "ep-2")], 1)
    assert ended_episodes(reading(), since_us=between) == ([("run-1", "ep-2")], 1)
    assert ended_episodes(reading(), run="run-2") == ([], 0)
    running.close()
