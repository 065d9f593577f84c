from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.page import page
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.network import Connect
from vigiles.model.union import Recorded


def test_they_hold_the_incidents_records_and_no_others(telling: Any, make: Any, records: list[Recorded]) -> None:
    seen = make.seen(call=9)
    foreign = Connect(**seen, pid=1, family="inet", transport="tcp", address="192.0.2.1", port=9, outcome="refused")
    other = make.finding("scanning.ports", call=2, cause="another")
    facts: Facts = telling([*records, foreign, other])
    names = {record.id for _, record in facts.story}
    assert foreign.id not in names
    assert other.id not in names
    assert facts.episode_size == len(records) + 2
    assert {record.id for record in records} - names == {records[0].id}, "all but the principal, which is no episode's"
    assert facts.numbers["obs-connect"] == next(n for n, record in enumerate(records) if record.id == "obs-connect")


def test_evidence_of_another_call_belongs_too(telling: Any, make: Any, records: list[Recorded]) -> None:
    seen = make.seen(call=9)
    named = Connect(**seen, pid=1, family="inet", transport="tcp", address="192.0.2.1", port=9, outcome="refused")
    finding = next(record for record in records if isinstance(record, Finding))
    told = {name: getattr(finding, name) for name in finding.__struct_fields__}
    changed = Finding(**{**told, "evidence": [named.id]})
    facts: Facts = telling([named, *(changed if record.id == finding.id else record for record in records)])
    assert named.id in {record.id for _, record in facts.story}


def test_feedback_cell_and_flow_are_found(facts: Facts) -> None:
    assert [one.value for _, one in facts.feedback] == ["penalty"]
    assert facts.cell is not None
    assert [story.last.flow for story in facts.flows] == ["f1"]
    assert facts.others == []


def test_what_belongs_to_no_episode_has_no_episodes_frame(telling: Any, records: list[Recorded], reading: Any) -> None:
    loose = [
        msgspec.structs.replace(record, coordinates=None, calls=[]) if isinstance(record, Incident) else record
        for record in records
    ]
    facts: Facts = telling(loose)
    assert (facts.timeline.where, facts.timeline.opened, facts.timeline.ended, facts.cell) == (None, None, None, None)
    text = reading(page(facts)).text()
    assert "about the installation itself" in text
    assert "episode opened" not in text
