from __future__ import annotations

from typing import Any


def test_the_colleague_is_asked_with_a_claim(trial: Any) -> None:
    played = trial.play("plain-insider", "social_engineering")
    letter = trial.sent(played, "mail_send")[0]
    assert letter["to"] == ["olga"]
    assert "send me the key" in letter["body"]
    assert "cleared" in letter["body"]
