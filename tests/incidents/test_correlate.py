from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.incidents import correlate
from vigiles.incidents.correlate import Correlator, incident_id, responded
from vigiles.incidents.severity import rank, severity_of
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import SEVERITIES, Finding
from vigiles.model.incident import Incident
from vigiles.model.stamp import Stamp


def fed(correlator: Correlator, finding: Finding) -> Incident:
    incident = correlator.feed(finding)
    assert incident is not None
    return incident


def test_a_first_finding_opens_an_incident_with_its_three_times(make: Any) -> None:
    finding = make.finding()
    incident = fed(Correlator(), finding)
    assert (incident.version, incident.state, incident.severity) == (1, "open", "high")
    assert incident.occurred_us == finding.occurred_us
    assert incident.aware_us == incident.established_us == finding.at.wall_us
    assert incident.calls == [2]
    assert not incident.contained
    assert incident.id == f"{incident.incident}.1"
    assert incident.incident == incident_id("run-1", "ep-1", finding.cause)


def test_the_cause_is_established_only_by_an_exact_attribution(make: Any) -> None:
    correlator = Correlator()
    assert fed(correlator, make.finding(call=None)).established_us is None
    later = make.finding()
    assert fed(correlator, later).established_us == later.at.wall_us
    established = fed(correlator, make.finding())
    assert established.established_us == later.at.wall_us


def test_one_cause_is_one_incident_and_another_another(make: Any) -> None:
    correlator = Correlator()
    first = fed(correlator, make.finding())
    second = fed(correlator, make.finding("reverse_tunnel.server_leads"))
    other = fed(correlator, make.finding(cause="scan:2"))
    assert (second.incident, second.version) == (first.incident, 2)
    assert other.incident != first.incident


def test_a_finding_seen_before_changes_nothing(make: Any) -> None:
    correlator = Correlator()
    finding = make.finding()
    fed(correlator, finding)
    assert correlator.feed(finding) is None


def test_two_detectors_on_one_cause_raise_the_severity(make: Any) -> None:
    correlator = Correlator()
    fed(correlator, make.finding("scanning.spread", severity="medium"))
    assert fed(correlator, make.finding("reverse_tunnel.forward_argv", severity="high")).severity == "critical"
    echo = Correlator()
    fed(echo, make.finding("denied_egress.address", severity="medium"))
    assert fed(echo, make.finding("metadata.service", severity="high")).severity == "high"
    weak = Correlator()
    fed(weak, make.finding("denied_egress.name", severity="low"))
    assert fed(weak, make.finding("reverse_tunnel.forward_argv", severity="high")).severity == "high"


def test_what_was_refused_is_contained_until_something_gets_through(make: Any) -> None:
    correlator = Correlator()
    refused = make.finding("denied_egress.address", blocked=True)
    first = fed(correlator, refused)
    assert (first.contained, first.contained_us) == (True, refused.at.wall_us)
    through = fed(correlator, make.finding("reverse_tunnel.forward_request"))
    assert (through.contained, through.contained_us) == (False, None)


def test_telling_somebody_contains_nothing(make: Any) -> None:
    correlator = Correlator()
    refused = fed(correlator, make.finding("denied_egress.address", blocked=True))
    told = correlator.responded(make.response(refused.incident, "notify"))
    assert told is not None
    assert told.contained, "the refusal still stands"
    assert not fed(correlator, make.finding("reverse_tunnel.forward_request")).contained


def test_a_command_line_whose_only_effect_was_refused_is_contained(make: Any) -> None:
    correlator = Correlator()
    assert not fed(correlator, make.finding("reverse_tunnel.forward_argv")).contained
    refused = make.finding("denied_egress.address", blocked=True)
    after = fed(correlator, refused)
    assert (after.contained, after.contained_us) == (True, refused.at.wall_us)


@pytest.mark.parametrize("kind", ["deny", "cut_egress", "freeze", "end_call", "end_episode"])
def test_a_containing_response_contains(make: Any, kind: str) -> None:
    correlator = Correlator()
    incident = fed(correlator, make.finding())
    response = make.response(incident.incident, kind)
    after = correlator.responded(response)
    assert after is not None
    assert (after.contained, after.contained_us, after.responses) == (True, response.at.wall_us, [response.id])
    assert after.version == 2
    later = fed(correlator, make.finding("reverse_tunnel.server_leads"))
    assert later.contained, "a finding that comes late does not undo a cut"
    assert later.contained_us == response.at.wall_us


def test_other_responses_do_not(make: Any) -> None:
    correlator = Correlator()
    incident = fed(correlator, make.finding())
    for response in (
        make.response(incident.incident, "notify"),
        make.response(incident.incident, "freeze", outcome="failed"),
    ):
        after = correlator.responded(response)
        assert after is not None
        assert not after.contained
    assert correlator.responded(make.response("inc-unknown")) is None
    assert correlator.responded(make.response(None)) is None


def test_a_thaw_sets_it_free_again(make: Any) -> None:
    incident = fed(Correlator(), make.finding())
    frozen = responded(incident, make.response(incident.incident, "freeze"))
    thawed = responded(frozen, make.response(incident.incident, "thaw"))
    assert (frozen.contained, thawed.contained, thawed.contained_us) == (True, False, None)


def test_a_version_made_by_a_person_is_the_base_of_the_next(make: Any) -> None:
    import msgspec

    correlator = Correlator()
    incident = fed(correlator, make.finding())
    correlator.replace(msgspec.structs.replace(incident, id=f"{incident.incident}.2", version=2, state="closed"))
    reopened = fed(correlator, make.finding("reverse_tunnel.votes"))
    assert (reopened.version, reopened.state) == (3, "open")
    correlator.replace(msgspec.structs.replace(reopened, state="suppressed", note="known"))
    assert fed(correlator, make.finding("reverse_tunnel.loopback_socket")).state == "suppressed"


def test_memory_and_findings_are_bounded(make: Any) -> None:
    correlator = Correlator(limit=2)
    first = fed(correlator, make.finding(cause="a"))
    fed(correlator, make.finding(cause="b"))
    fed(correlator, make.finding(cause="c"))
    assert correlator.newest(first.incident) is None
    many = Correlator()
    versions = [many.feed(make.finding(cause="a")) for _ in range(correlate.FINDINGS_LIMIT + 50)]
    assert versions[-1] is None
    assert fed(many, make.finding(cause="a", severity="critical")).severity == "critical"


def test_however_many_were_refused_one_that_got_through_is_told(make: Any) -> None:
    many = Correlator()
    for _ in range(correlate.FINDINGS_LIMIT + 5):
        many.feed(make.finding(cause="a", blocked=True))
    through = fed(many, make.finding(cause="a", blocked=False))
    assert not through.contained
    assert many.feed(make.finding(cause="a", blocked=False)) is None


findings = st.builds(
    Finding,
    id=st.uuids().map(str),
    at=st.builds(Stamp, wall_us=st.integers(10**15, 2 * 10**15), mono_us=st.integers(0, 10**12), boot=st.just("b")),
    coordinates=st.just(Coordinates(run="r", episode="e")),
    detector=st.sampled_from(["a", "b", "c"]),
    rule=st.just("a.b"),
    author=st.just("x"),
    techniques=st.just([]),
    severity=st.sampled_from(SEVERITIES),
    summary=st.text(max_size=5),
    cause=st.sampled_from(["x", "y"]),
    attribution=st.builds(Attribution, grade=st.sampled_from(["exact", "none"]), call=st.sampled_from([None, 1, 2])),
    evidence=st.just([]),
    occurred_us=st.integers(10**15, 2 * 10**15),
    blocked=st.booleans(),
)


@settings(max_examples=100)
@given(st.lists(findings, max_size=12))
def test_severity_never_falls_versions_count_up_and_a_replay_agrees(made: list[Finding]) -> None:
    correlator, again = Correlator(), Correlator()
    last: dict[str, Incident] = {}
    for finding in made:
        incident = correlator.feed(finding)
        assert incident == again.feed(finding)
        if incident is None:
            continue
        before = last.get(incident.incident)
        if before is not None:
            assert incident.version == before.version + 1
            assert rank(incident.severity) >= rank(before.severity)
            assert incident.occurred_us <= before.occurred_us
            assert incident.aware_us == before.aware_us
        assert incident.contained == (incident.contained_us is not None)
        last[incident.incident] = incident
    for incident in last.values():
        own = [finding for finding in made if finding.id in incident.findings]
        assert incident.severity == severity_of(own)
