from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.incidents.correlate import Correlator
from vigiles.incidents.timeline import Indexed, build, newest_incidents
from vigiles.incidents.tree import process_tree
from vigiles.model.errors import NotFound
from vigiles.model.observation.process import ProcessExit, ProcessStart


def the_incident(episode: list[Indexed]) -> str:
    return next(iter(newest_incidents(episode)))


def test_the_newest_version_stands_for_an_incident(episode: list[Indexed]) -> None:
    ((index, incident),) = newest_incidents(episode).values()
    assert (incident.version, incident.contained) == (3, True)
    assert dict(episode)[index] is incident
    ((_, same),) = newest_incidents(reversed(episode)).values()
    assert same is incident


def test_the_way_from_flow_to_call(episode: list[Indexed]) -> None:
    timeline = build(episode, the_incident(episode))
    (story,) = timeline.calls
    assert (story.call, story.turn) == (2, 3)
    assert story.act is not None
    assert story.verdict is not None
    assert story.result is not None
    assert [(branch.start.pid, branch.depth, branch.ended) for branch in story.processes] == [(10, 0, False), (11, 1, True)]
    ((_, flow),) = story.flows
    assert flow.bytes_out == 3000, "the newest state of the flow"
    assert [response.kind for _, response in timeline.responses] == ["cut_egress"]
    assert [index for index, _ in timeline.evidence] == sorted(index for index, _ in timeline.evidence)
    assert timeline.missing == ["obs-erased"]
    assert timeline.opened is not None
    assert timeline.ended is not None


def test_an_unknown_incident_is_not_found(episode: list[Indexed]) -> None:
    with pytest.raises(NotFound, match="no incident"):
        build(episode, "inc-unknown")


def start(make: Any, pid: int, ppid: int, *argv: str) -> ProcessStart:
    return ProcessStart(**make.seen(), pid=pid, ppid=ppid, via="exec", exe=argv[0], argv=list(argv))


def test_the_tree_keeps_places_and_shows_newest_images(make: Any) -> None:
    starts = [start(make, 1, 0, "sh"), start(make, 2, 1, "env"), start(make, 2, 1, "ssh"), start(make, 3, 99, "daemon")]
    branches = process_tree(starts, [ProcessExit(**make.seen(), pid=2)])
    assert [(b.start.argv[0], b.depth, b.ended) for b in branches] == [
        ("sh", 0, False),
        ("ssh", 1, True),
        ("daemon", 0, False),
    ]


def test_a_circle_of_reused_pids_ends(make: Any) -> None:
    branches = process_tree([start(make, 1, 2, "a"), start(make, 2, 1, "b"), start(make, 3, 3, "c")], [])
    assert sorted(branch.start.pid for branch in branches) == [1, 2, 3]


def test_a_deep_tree_does_not_exhaust_the_stack(make: Any) -> None:
    starts = [start(make, pid, pid - 1, "x") for pid in range(2, 3000)]
    assert process_tree(starts, [])[-1].depth == 2997


def test_an_incident_of_many_calls_is_built_in_one_walk(make: Any) -> None:
    """Two hundred calls over twenty thousand records: a walk for each call would look at four million."""
    calls = 200
    records: list[Any] = [
        ProcessStart(**make.seen(call=number % calls), pid=number + 2, ppid=1, via="exec", exe="/x", argv=["x"])
        for number in range(100 * calls)
    ]
    incident = Correlator().feed(make.finding())
    assert incident is not None
    records.append(msgspec.structs.replace(incident, calls=list(range(calls))))

    class Counting(list[Any]):
        walked = 0

        def __iter__(self) -> Any:
            type(self).walked += 1
            return super().__iter__()

    told = build(Counting(enumerate(records)), incident.incident)
    assert [len(story.processes) for story in told.calls] == [100] * calls
    assert Counting.walked < 20
