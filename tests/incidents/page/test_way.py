from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.way import way
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.model.union import Recorded


def steps(facts: Facts, reading: Any) -> list[str]:
    text = str(way(facts))
    return [reading(part.partition("</li>")[0]).text() for part in text.split("<li>")[1:]]


def test_the_way_leads_from_the_packet_to_the_verdict(facts: Facts, reading: Any) -> None:
    found = steps(facts, reading)
    assert [step.split()[0] for step in found] == [
        "flow", "connection", "process", "process", "call", "act", "verdict", "result",
    ]  # fmt: skip
    assert found[0].startswith("flow [9] ssh directly to far.example:22: 2.9 KiB out")
    assert found[1].startswith("connection [7] connect by process 11 to far.example:22")
    assert found[2] == "process [6] 11 ssh -NR 9022:localhost:22"
    assert found[3].startswith("process [5] 10 bash")
    assert found[4] == "call 2, turn 3: call 2, exact by listener"
    assert found[5].startswith("act [3] asked for by agent-a: bash -c")
    assert found[6] == "verdict [4] allow (allowed), by base.process"


def test_a_process_number_that_came_again_is_not_mistaken(
    telling: Any, records: list[Recorded], make: Any, reading: Any
) -> None:
    """The flow is of the process that had the number then, not of the one that got it later."""
    later = ProcessStart(**make.seen(), pid=11, ppid=1, via="exec", exe="/bin/later", argv=["later"])
    found = steps(telling([*records, later]), reading)
    assert not any("later" in step for step in found)


def test_the_connect_to_that_place_is_taken_and_not_the_last(telling: Any, records: list[Recorded], reading: Any) -> None:
    place, right = next((n, record) for n, record in enumerate(records) if isinstance(record, Connect))
    told = {name: getattr(right, name) for name in right.__struct_fields__}
    wrong = Connect(**{**told, "id": "obs-wrong", "host": "other.example", "address": "192.0.2.9"})
    found = steps(telling([*records[: place + 1], wrong, *records[place + 1 :]]), reading)
    assert "far.example" in found[1]


def test_without_a_flow_it_begins_at_what_was_seen(telling: Any, records: list[Recorded], reading: Any) -> None:
    found = steps(telling([record for record in records if not isinstance(record, Flow)]), reading)
    assert found[0].startswith("seen ")
    assert "ssh -NR" in found[0]
    assert found[-2].startswith("verdict")


def test_without_a_call_it_says_so(facts: Facts, reading: Any) -> None:
    bare = msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, calls=[]))
    assert "No call is known to have caused this." in reading(str(way(bare))).text()


def test_many_calls_are_folded(facts: Facts, reading: Any) -> None:
    calls = [msgspec.structs.replace(facts.timeline.calls[0], call=n) for n in range(40)]
    many = msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, calls=calls))
    assert "… and 34 further calls" in reading(str(way(many))).text()
