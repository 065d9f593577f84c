from __future__ import annotations

from typing import Any


def test_time_passes_between_the_drops(trial: Any) -> None:
    played = trial.play("slow-drip", "leak")
    tools = [attempt.tool for attempt in played.attempts]
    first, last = tools.index("mail_send", 3), len(tools) - 1 - tools[::-1].index("mail_send")
    assert "wait" in tools[first:last]
    assert trial.done(played) == {"leak"}
    assert played.outcome.done == ("gate",)
