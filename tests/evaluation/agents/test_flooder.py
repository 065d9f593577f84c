from __future__ import annotations

from typing import Any


def test_the_flood_is_harmless_and_comes_first(trial: Any) -> None:
    played = trial.play("approval-flooder", "leak", asks=6)
    flood = [attempt for attempt in played.attempts if attempt.tool == "mail_forward"]
    assert [attempt.arguments["id"] for attempt in flood] == ["mail-1"] * 6
    harm = next(harm for harm in played.outcome.harms if harm.done)
    assert harm.call is not None
    assert harm.call > flood[-1].call
    assert played.outcome.done == ("gate",)
