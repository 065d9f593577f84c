"""``vigiles attach`` on a container of runc, the runtime below docker, containerd and Kubernetes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [
    pytest.mark.cell,
    pytest.mark.asroot,
    pytest.mark.skipif(
        shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin") is None,
        reason="runc is missing",
    ),
]

Chosen = Callable[..., list[dict[str, Any]]]


def test_the_door_stands_before_it(scene: Any, of_type: Chosen) -> None:
    told = scene("in_runc")
    assert "result" in told["before"]
    assert told["fetched"] == "data"
    assert "result" not in told["mined"]
    assert {flow["host"] for flow in of_type(told, "flow", reason="allowed")} == {"mirror.example"}
    assert of_type(told, "flow", phase="refused", host="203.0.113.20", port=3333) != []


def test_everything_is_its_one_call(scene: Any, of_type: Chosen) -> None:
    told = scene("in_runc")
    starts = of_type(told, "process_start")
    assert starts != []
    seen = [one["attribution"] for one in (*starts, *of_type(told, "connect"))]
    assert {(one["call"], one["grade"]) for one in seen} == {(1, "exact")}


def test_stop_kills_it(scene: Any) -> None:
    told = scene("in_runc")
    assert told["stop"] == 0
    assert not told["populated"]
