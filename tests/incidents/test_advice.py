from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.detectors.registry import DETECTORS
from vigiles.incidents.advice import LOOK, advice
from vigiles.incidents.correlate import Correlator
from vigiles.incidents.severity import ECHO
from vigiles.incidents.timeline import Indexed, build, newest_incidents
from vigiles.model.incident import Incident

NAMES = [make().name for make in DETECTORS]


@pytest.mark.parametrize("detector", NAMES)
def test_every_detector_of_ours_has_something_to_look_into(make: Any, detector: str) -> None:
    incident = Correlator().feed(make.finding(f"{detector}.any"))
    assert incident is not None
    assert LOOK[detector] in advice(incident)


def test_nothing_is_advised_for_a_detector_that_is_not_there() -> None:
    assert LOOK.keys() == set(NAMES)


@pytest.fixture
def incident(episode: list[Indexed]) -> Incident:
    return build(episode, next(iter(newest_incidents(episode)))).incident


def steps(incident: Incident, **changes: Any) -> list[str]:
    return advice(msgspec.structs.replace(incident, **changes))


def test_what_runs_is_stopped_first_and_the_proof_kept_last(incident: Incident) -> None:
    told = steps(incident, contained=False)
    assert told[0] == "The effect is not contained. Stop the run now: vigiles stop --run run-1"
    assert told[-1] == "Keep the proof: vigiles ledger verify"
    assert not any("Stop the run" in step for step in steps(incident, contained=True))


def test_a_host_is_not_offered_for_the_profile_where_it_served_a_violation(incident: Incident) -> None:
    assert LOOK[ECHO] not in steps(incident, detectors=[ECHO, "metadata"])
    assert LOOK["metadata"] in steps(incident, detectors=[ECHO, "metadata"])
    assert LOOK[ECHO] in steps(incident, detectors=[ECHO])


def test_a_cause_that_is_not_known_is_looked_for(incident: Incident) -> None:
    assert any("not known for certain" in step for step in steps(incident, established_us=None))
