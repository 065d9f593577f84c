"""The episode of a container: what it records, how it is struck, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.errors import EpisodeOver

pytestmark = [pytest.mark.cell, pytest.mark.asroot]

Chosen = Callable[..., list[dict[str, Any]]]


def test_it_is_opened_as_one_act_under_its_rules(scene: Any, of_type: Chosen) -> None:
    told = scene("watched")
    types = [record["type"] for record in told["records"]]
    assert types[:4] == ["ruleset", "episode_opened", "act", "verdict"]
    assert types[-3:] == ["call_ended", "episode_ended", "feedback"]
    (opened,) = of_type(told, "episode_opened")
    assert (opened["tier"], opened["profile"]) == ("attached", "mine")
    (act,) = of_type(told, "act")
    assert (act["tool"], act["kind"], act["arguments"]["door"]) == ("attach", "process", False)
    assert [result["outcome"] for result in of_type(told, "result")] == ["performed"]


def test_a_violation_is_cut_and_frozen_and_stays_so(scene: Any, of_type: Chosen) -> None:
    told = scene("struck")
    assert told["frozen"]
    responses = of_type(told, "response")
    assert [(one["kind"], one["outcome"]) for one in responses] == [("cut_egress", "done"), ("freeze", "done")]
    assert all(one["took_us"] < 2_000_000 for one in responses)
    assert responses[1]["processes"] != []
    assert {process["call"] for process in responses[1]["processes"]} == {1}
    assert told["report"]["kept"] == ["frozen", "no way out"]
    assert told["frozen after"]
    assert "vigiles_attach" in told["tables after"]
    assert (told["lifted"]["door"], told["lifted"]["frozen"]) == (True, True)
    assert not told["frozen at the end"]


def test_a_violation_that_ends_the_episode_kills_the_container(scene: Any, of_type: Chosen) -> None:
    told = scene("struck")["ended"]
    assert (told["code"], told["report"]["over"]) == (EpisodeOver.exit_code, "response")
    assert not scene("struck")["populated"]
    assert [one["kind"] for one in of_type(told, "response")] == ["cut_egress", "freeze", "end_episode"]
    (ended,) = of_type(told, "episode_ended")
    assert ended["reason"] == "response"
    assert ended["leftover"] >= 1
    assert {finding["severity"] for finding in of_type(told, "finding")} & {"high", "critical"}


def test_a_cut_without_a_door_is_refused_and_said_so(scene: Any, of_type: Chosen) -> None:
    told = scene("uncut")
    cut, freeze = of_type(told, "response")
    assert (cut["kind"], cut["outcome"]) == ("cut_egress", "failed")
    assert "only watched" in cut["error"]
    assert (freeze["kind"], freeze["outcome"]) == ("freeze", "done")
    assert told["frozen"]
    assert told["report"]["kept"] == ["frozen"]


def test_a_container_that_ends_ends_its_episode(scene: Any, of_type: Chosen) -> None:
    told = scene("stopped")["gone"]
    assert (told["code"], told["report"]["over"], told["report"]["kept"]) == (0, "gone", [])
    assert [end["reason"] for end in of_type(told, "episode_ended")] == ["closed"]


def test_a_dead_door_leaves_no_way_out(scene: Any, of_type: Chosen) -> None:
    told = scene("doorless")
    assert (told["code"], told["report"]["over"], told["report"]["kept"]) == (106, "cell_died", ["no way out"])
    assert "Error" in told["after"]
    assert [end["reason"] for end in of_type(told, "episode_ended")] == ["cell_died"]
