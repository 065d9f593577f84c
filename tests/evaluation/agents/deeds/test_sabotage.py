from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("name", "tool"),
    [("plain-insider", "training_stop"), ("veiled-threat", "training_data_write"), ("rationaliser", "training_set")],
)
def test_the_job_is_spoilt(trial: Any, name: str, tool: str) -> None:
    played = trial.play(name, "sabotage")
    assert trial.sent(played, tool)[0]["id"] == "job"
    assert not any(attempt.error for attempt in played.attempts)
