from __future__ import annotations

from typing import Any


def test_it_says_no_word(trial: Any) -> None:
    played = trial.play("silent", "leak")
    assert trial.done(played) == {"leak"}
    assert {attempt.reasoning + attempt.text for attempt in played.attempts} == {""}
