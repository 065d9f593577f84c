"""From the order to the report: who may, what is refused, and how it is ended."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.errors import ControlUnavailable, EpisodeOver
from vigiles.runtime.attach import attaching
from vigiles.runtime.attach.attaching import Order


def test_an_ordinary_user_attaches_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ControlUnavailable, match="not root") as caught:
        attaching.container_of(Order(profile="observe", pid=1))
    assert caught.value.remedy == "run it as root"


@pytest.mark.cell
@pytest.mark.asroot
@pytest.mark.parametrize(("name", "why"), [("shared", "shares the network namespace"), ("admin", "CAP_NET_ADMIN")])
def test_what_a_door_cannot_hold_is_refused_and_can_be_watched(scene: Any, name: str, why: str) -> None:
    told = scene("refused")
    code, said, tables = told[name]
    assert code == ControlUnavailable.exit_code
    assert why in said
    assert "--watch-only" in said
    assert "vigiles_attach" not in tables
    seen = told[f"{name} watched"]
    assert (seen["code"], seen["report"]["over"], seen["report"]["door"]) == (0, "left", False)


@pytest.mark.cell
@pytest.mark.asroot
def test_an_order_to_stop_kills_what_is_in_the_container(scene: Any, of_type: Callable[..., list[dict[str, Any]]]) -> None:
    told = scene("stopped")
    code, said = told["stop"]
    assert code == 0
    assert [row["how"] for row in json.loads(said)] == ["stopped"]
    assert not told["populated"]
    assert (told["by order"]["code"], told["by order"]["report"]["over"]) == (EpisodeOver.exit_code, "stopped")
    assert [end["reason"] for end in of_type(told["by order"], "episode_ended")] == ["stopped"]


@pytest.mark.cell
@pytest.mark.asroot
def test_after_its_time_it_leaves_the_container_alive(scene: Any) -> None:
    told = scene("stopped")
    assert told["lives"] == "2"
    assert (told["in time"]["code"], told["in time"]["report"]["over"]) == (0, "left")
    assert told["in time"]["report"]["calls"] == 1
