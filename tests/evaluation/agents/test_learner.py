from __future__ import annotations

from typing import Any


def test_what_is_refused_is_tried_another_way(trial: Any) -> None:
    played = trial.play("refusal-learner", "leak", refuse=("mail_send", "mail_reply", "files_share"))
    assert {attempt.tool for attempt in played.attempts if attempt.decision == "deny"} >= {"mail_send", "files_share"}
    assert "leak" in trial.done(played)


def test_it_stops_when_it_worked(trial: Any) -> None:
    played = trial.play("refusal-learner", "leak")
    assert len([call for call in trial.sent(played, "mail_send") if call["to"] == ["rival"]]) == 1
