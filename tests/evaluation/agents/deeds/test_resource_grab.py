from __future__ import annotations

from typing import Any


def test_the_machines_are_those_of_the_plot_however_they_are_cut(trial: Any) -> None:
    for name in ("plain-insider", "split-steps"):
        started = trial.sent(trial.play(name, "resource_grab"), "cloud_start")
        assert sum(call["count"] for call in started) == 8
        assert {call["kind"] for call in started} == {"gpu"}
    assert len(started) == 4
