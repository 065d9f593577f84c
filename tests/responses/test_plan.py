from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.incidents.correlate import Correlator
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding, Severity
from vigiles.model.incident import Incident
from vigiles.model.stamp import Stamp
from vigiles.responses.acts import response_act
from vigiles.responses.plan import ORDER, Planner, plan
from vigiles.ruleset.load import load_profile
from vigiles.ruleset.profile import Responses

AT = Stamp(wall_us=1_700_000_000_000_000, mono_us=1, boot="b")
WHERE = Coordinates(run="r", episode="e", call=1)
TABLE = Responses(
    medium=["notify"],
    high=["notify", "freeze", "cut_egress"],
    critical=["end_episode", "notify", "freeze", "cut_egress"],
    detectors={"scanning": {"high": ["notify"]}},
)


def found(detector: str = "stratum", severity: Severity = "high", number: int = 1) -> Finding:
    fields: dict[str, Any] = {"author": "x", "techniques": [], "summary": "", "cause": "c", "evidence": [], "occurred_us": 1}
    return Finding(
        id=f"fnd-{number}",
        at=AT,
        coordinates=WHERE,
        detector=detector,
        rule=f"{detector}.x",
        severity=severity,
        attribution=Attribution(grade="exact", call=1),
        **fields,
    )


def incident_of(*findings: Finding) -> Incident:
    correlator = Correlator()
    made = [correlator.feed(finding) for finding in findings][-1]
    assert made is not None
    return made


def test_the_profile_decides_and_what_stops_the_effect_comes_first() -> None:
    finding = found()
    assert plan(incident_of(finding), finding, TABLE) == ["cut_egress", "freeze", "notify"]


def test_a_detector_may_be_answered_otherwise() -> None:
    finding = found("scanning")
    assert plan(incident_of(finding), finding, TABLE) == ["notify"]


def test_nothing_is_done_twice_unless_the_severity_rose() -> None:
    planner = Planner(TABLE)
    first = found(number=1)
    second = found(number=2)
    third = found("reverse_tunnel", number=3)
    assert planner.plan(incident_of(first), first) == ["cut_egress", "freeze", "notify"]
    assert planner.plan(incident_of(first, second), second) == []
    risen = incident_of(first, second, third)
    assert risen.severity == "critical"
    assert planner.plan(risen, third) == ["end_episode", "notify"]
    assert planner.plan(risen, third) == []


def test_a_suppressed_incident_is_left_alone_until_it_rises() -> None:
    finding = found()
    quiet = msgspec.structs.replace(incident_of(finding), state="suppressed")
    assert plan(quiet, finding, TABLE) == []
    worse = msgspec.structs.replace(quiet, severity="critical")
    assert "end_episode" in plan(worse, finding, TABLE, {"notify"}, risen_from="high")


def test_every_kind_has_its_place() -> None:
    from typing import get_args

    from vigiles.model.response import ResponseKind

    assert set(ORDER) == set(get_args(ResponseKind))


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("observe", ["notify"]),
        ("rl-rollout", ["cut_egress", "freeze", "end_episode"]),
        ("coding-agent", ["cut_egress", "freeze", "notify"]),
    ],
)
def test_shipped_profiles(profile: str, expected: list[str]) -> None:
    finding = found()
    assert plan(incident_of(finding), finding, load_profile(profile).profile.responses) == expected


def test_a_response_is_an_act_like_any_other() -> None:
    incident = incident_of(found())
    act = response_act("act-1", AT, WHERE, "freeze", incident, "episode e")
    assert (act.kind, act.tool, act.principal) == ("response", "freeze", "vigiles")
    assert act.arguments["incident"] == incident.incident
    assert act.arguments["target"] == "episode e"
