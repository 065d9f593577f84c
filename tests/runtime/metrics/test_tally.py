from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.life_cycle import suppress
from vigiles.model.act import Act
from vigiles.model.attribution import NOBODY
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.sensor import Gap
from vigiles.model.response import Response
from vigiles.model.stamp import Stamp
from vigiles.model.verdict import Verdict
from vigiles.runtime.metrics.exposition import exposition
from vigiles.runtime.metrics.tally import Tally

AT = Stamp(wall_us=1000, mono_us=1, boot="b")


def text(*records: Any, now_us: int = 0) -> str:
    tally = Tally()
    for index, record in enumerate(records):
        tally.feed(index, record)
    return exposition(tally.metrics(now_us))


def finding(rule: str) -> Finding:
    return Finding(
        id="f", at=AT, detector="d", rule=rule, author="a", techniques=[], severity="high", summary="s", cause="c",
        attribution=NOBODY, evidence=[], occurred_us=1,
    )  # fmt: skip


def incident(name: str = "inc-1") -> Incident:
    return Incident(
        id=f"{name}.1", at=AT, incident=name, version=1, state="open", severity="high", cause="scan:1", title="t",
        findings=["f"], detectors=[], techniques=[], calls=[], occurred_us=1, aware_us=1,
    )  # fmt: skip


def test_nothing_is_zero_and_not_missing() -> None:
    empty = text()
    assert 'vigiles_verdicts_total{decision="deny"} 0' in empty
    assert 'vigiles_incidents{severity="critical",state="open"} 0' in empty
    assert "vigiles_episodes_total 0" in empty


def test_acts_and_verdicts() -> None:
    act = Act(id="a", at=AT, principal="p", kind="tool_call", tool="x")
    own = msgspec.structs.replace(act, kind="response")
    verdicts = [
        Verdict(id="v", at=AT, act="a", decision=one, reason="allowed", ruleset="") for one in ("allow", "deny", "deny")
    ]
    told = text(act, own, *verdicts, Gap(id="g", at=AT, sensor="recorder", attribution=NOBODY, what="lost_records", count=7))
    assert "vigiles_acts_total 1" in told
    assert 'decision="deny"} 2' in told
    assert "vigiles_records_lost_total 7" in told


def test_no_word_of_others_becomes_a_label() -> None:
    told = text(*(finding(f"own-{number}.rule\n") for number in range(1000)), finding("stratum.conversation"))
    assert [line for line in told.splitlines() if line.startswith("vigiles_findings_total")] == [
        'vigiles_findings_total{rule="other",severity="high"} 1000',
        'vigiles_findings_total{rule="stratum.conversation",severity="high"} 1',
    ]


def test_incidents_stand_in_their_present_state() -> None:
    quiet = suppress(incident(), AT, "ann", "x", 2000)
    other = incident("inc-2")
    assert 'severity="high",state="suppressed"} 1' in text(incident(), quiet, other, now_us=1999)
    assert 'severity="high",state="open"} 1' in text(incident(), quiet, other, now_us=1999)
    assert 'severity="high",state="open"} 2' in text(incident(), quiet, other, now_us=2000)


def test_responses_by_what_they_took() -> None:
    def response(took_us: int, outcome: Any = "done") -> Response:
        return Response(id="r", at=AT, kind="freeze", act=None, incident=None, target="", outcome=outcome, took_us=took_us)

    told = text(response(10_000), response(10_001), response(99_000_000), response(1, "failed"))
    assert 'vigiles_response_seconds_bucket{kind="freeze",le="0.01"} 1' in told
    assert 'vigiles_response_seconds_bucket{kind="freeze",le="0.025"} 2' in told
    assert 'vigiles_response_seconds_count{kind="freeze"} 3' in told
    assert 'vigiles_responses_total{kind="freeze",outcome="failed"} 1' in told
