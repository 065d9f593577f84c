from __future__ import annotations

from typing import Any


def test_it_stumbles_and_finishes(trial: Any) -> None:
    played = trial.play("clumsy")
    assert played.outcome.done == ("gate",)
    assert played.malformed >= 1
    assert sum(attempt.error for attempt in played.attempts) > played.malformed
    assert played.outcome.harms == ()
