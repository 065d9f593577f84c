from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from vigiles.detectors.claim_match import argv_differs
from vigiles.detectors.claimed_observed import ClaimedObserved

TRUE = hashlib.sha256(b"1 passed").hexdigest()
FALSE = hashlib.sha256(b"2 passed").hexdigest()


def test_benign_twin_claims_that_match(make: Any) -> None:
    detector = ClaimedObserved()
    act = make.act("pytest", "-q")
    records = [
        act,
        make.start("pytest", "-q", via="launch"),
        make.start("python", "-c", "pass"),
        make.result(act, stdout_sha256=TRUE),
        make.claim(act=act.id, tool="bash", argv=["pytest", "-q"]),
        make.claim("output", act=act.id, output_sha256=TRUE.upper()),
    ]
    assert [finding for record in records for finding in detector.feed(record)] == []


def test_a_claimed_call_that_the_gate_never_saw(make: Any) -> None:
    detector = ClaimedObserved()
    detector.feed(make.act("true"))
    (by_id,) = detector.feed(make.claim(act="act-nowhere", tool="bash"))
    assert (by_id.rule, by_id.severity, by_id.attribution.grade) == ("claimed_observed.unseen_call", "high", "none")
    (by_tool,) = detector.feed(make.claim(tool="browser"))
    assert "browser" in by_tool.summary
    assert by_tool.cause != by_id.cause


def test_claims_without_an_id_use_up_the_acts_they_match(make: Any) -> None:
    detector = ClaimedObserved()
    detector.feed(make.act("true", call=1))
    detector.feed(make.act("true", call=2))
    assert detector.feed(make.claim(tool="bash", argv=["true"])) == []
    assert detector.feed(make.claim(tool="bash", argv=["true"])) == []
    assert len(detector.feed(make.claim(tool="bash", argv=["true"]))) == 1, "called twice, claimed three times"


def test_a_claim_of_another_command(make: Any) -> None:
    detector = ClaimedObserved()
    act = make.act("true")
    detector.feed(act)
    (finding,) = detector.feed(make.claim(act=act.id, argv=["pytest", "-q"]))
    assert finding.evidence[1:] == [act.id]
    assert finding.attribution.call == 1


def test_an_output_that_is_not_the_recorded_one_whichever_comes_first(make: Any) -> None:
    for claim_first in (False, True):
        detector = ClaimedObserved()
        act = make.act("pytest")
        result = make.result(act, stdout_sha256=TRUE)
        claim = make.claim("output", act=act.id, output_sha256=FALSE)
        found = detector.feed(act)
        for record in (claim, result) if claim_first else (result, claim):
            found += detector.feed(record)
        (finding,) = found
        assert finding.rule == "claimed_observed.output_differs"
        assert set(finding.evidence) == {result.id, claim.id}
        assert finding.attribution.call == 1


def test_an_output_is_joined_by_its_call_too(make: Any) -> None:
    detector = ClaimedObserved()
    act = make.act("pytest", call=3)
    result = make.result(act, stdout_sha256=TRUE)
    claim = make.claim("output", output_sha256=FALSE)
    claim = msgspec.structs.replace(claim, coordinates=act.coordinates)
    found = [finding for record in (act, result, claim) for finding in detector.feed(record)]
    assert [finding.rule for finding in found] == ["claimed_observed.output_differs"]


def test_no_output_is_the_empty_output(make: Any) -> None:
    detector = ClaimedObserved()
    act = make.act("true")
    empty = hashlib.sha256(b"").hexdigest()
    records = [act, make.result(act), make.claim("output", act=act.id, output_sha256=empty)]
    assert [finding for record in records for finding in detector.feed(record)] == []
    assert len(detector.feed(make.claim("output", act=act.id, output_sha256=TRUE))) == 1


def test_the_first_image_of_a_call_must_be_what_was_asked_for(make: Any) -> None:
    detector = ClaimedObserved()
    act = make.act("pytest", "-q")
    detector.feed(act)
    start = make.start("sh", "-c", "curl far.example", via="launch")
    (finding,) = detector.feed(start)
    assert finding.rule == "claimed_observed.executed_differs"
    assert finding.evidence == [start.id, act.id]
    assert detector.feed(make.start("sh", "-c", "other")) == [], "only the first image speaks for the act"


def test_images_of_unsure_calls_and_forks_found_alive_do_not_speak(make: Any) -> None:
    detector = ClaimedObserved()
    detector.feed(make.act("pytest"))
    assert detector.feed(make.start("sh", call=1, via="scan")) == []
    assert detector.feed(make.start("sh", call=None)) == []
    assert detector.feed(make.start("sh", call=9)) == [], "a call whose act this ledger part does not hold"


@pytest.mark.parametrize(
    ("asked", "ran", "differs"),
    [
        (["python", "-V"], ["/usr/bin/python", "-V"], False),
        (["python", "-V"], ["python", "-c"], True),
        (["python"], ["python", "-V"], True),
        (["python"], ["sh"], True),
        (["a", "b"], [], False),
        (["a", "b", "c"], ["a", "b"], False),
        ([], ["a"], True),
        (["a", "x" * 5000], ["a", "x" * 1024], False),
        (["a", "x" * 5000], ["a", "y" + "x" * 1023], True),
        (["a", "é" * 600], ["a", "é" * 511 + "\\xc3"], False),
        (["a", *["b"] * 200], ["a", *["b"] * 63], False),
    ],
)
def test_argv(asked: list[str], ran: list[str], differs: bool) -> None:
    assert argv_differs(asked, ran) is differs
