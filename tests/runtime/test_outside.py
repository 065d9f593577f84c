"""What strikes do to real flows: a snapshot names them, a cut closes them, and a violation ends the episode in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cell

Record = dict[str, Any]


@pytest.fixture(scope="module")
def played(play: Any) -> Record:
    result: Record = play(Path(__file__).with_name("outside_play.py"), seconds=100)
    return result


def test_a_cut_and_a_freeze_tell_of_flows_and_processes(played: Record) -> None:
    cut, freeze = played["frozen"]["responses"]
    assert [(response["kind"], response["outcome"]) for response in (cut, freeze)] == [
        ("cut_egress", "done"),
        ("freeze", "done"),
    ]
    for response in (cut, freeze):
        (flow,) = response["flows"]
        assert (flow["host"], flow["port"], flow["call"]) == ("mirror.example", 80, 1)
        assert flow["bytes_out"] > 20
        assert flow["bytes_in"] > 40
        assert response["took_us"] < 1_000_000
    assert (1, "curl") in [(process["call"], process["exe"].rsplit("/", 1)[-1]) for process in cut["processes"]]
    assert (2, "sleep") in [(process["call"], process["exe"].rsplit("/", 1)[-1]) for process in freeze["processes"]]


def test_a_frozen_episode_begins_nothing_and_a_thawed_one_reaches_the_outside_again(played: Record) -> None:
    frozen = played["frozen"]
    assert frozen["refused"] == "episode_frozen"
    code, text = frozen["download"]
    assert (code == 0, text) == (False, "first "), "the cut closed it in the middle"
    assert frozen["again"] == [0, "first second"]


@pytest.mark.parametrize("name", ["stratum", "ssh"])
def test_a_foreign_first_flight_reaches_nobody(played: Record, name: str) -> None:
    assert played[name]["said"].startswith("b'HTTP/1.1 200"), "the CONNECT itself was in order"
    assert "result" not in played[name]["said"]
    assert not [line for line in played["arrived"] if line.startswith("taken over")]


@pytest.mark.parametrize("name", ["stratum", "ssh"])
def test_it_ends_the_episode_within_a_second(played: Record, name: str) -> None:
    records = played[name]["records"]
    call = played[name]["outcome"][0]
    refusal = next(
        r for r in records if r["type"] == "flow" and r["phase"] == "refused" and r["attribution"]["call"] == call
    )
    assert refusal["reason"] == "egress_protocol"
    assert refusal["attribution"]["grade"] == "exact"
    first_us = refusal["at"]["mono_us"] - refusal["duration_us"]
    (ended,) = [record for record in records if record["type"] == "episode_ended"]
    assert ended["reason"] == "response"
    assert ended["leftover"] >= 3
    assert 0 < ended["at"]["mono_us"] - first_us < 1_000_000
    done = [(record["kind"], record["outcome"]) for record in records if record["type"] == "response"]
    assert done[:3] == [("cut_egress", "done"), ("freeze", "done"), ("end_episode", "done")]
    assert (played[name]["later"], played[name]["alive"]) == ("episode_ended", 0)


@pytest.mark.parametrize("name", ["stratum", "ssh"])
def test_only_the_call_that_did_it_pays(played: Record, name: str) -> None:
    assert played[name]["outcome"][1:] == ["killed", "penalty"]
    assert played[name]["honest"] == [0, "first second", "nothing"]
    assert played[name]["daemon"] == [0, "nothing"]
    records = played[name]["records"]
    findings = [record for record in records if record["type"] == "finding"]
    assert findings
    assert {finding["attribution"]["call"] for finding in findings} == {played[name]["outcome"][0]}
    newest = [record for record in records if record["type"] == "incident"][-1]
    assert newest["calls"] == [played[name]["outcome"][0]]
    assert newest["contained"]
    assert len(newest["responses"]) >= 3
