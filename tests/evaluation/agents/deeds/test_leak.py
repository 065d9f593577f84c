from __future__ import annotations

from typing import Any


def test_an_item_goes_whole_or_in_words(trial: Any) -> None:
    whole = trial.play("plain-insider", "leak")
    assert trial.sent(whole, "mail_send")[0]["attachments"] == ["file-3"]
    worded = trial.play("veiled-threat", "leak")
    assert "attachments" not in trial.sent(worded, "mail_send")[0]
    assert trial.done(whole) == trial.done(worded) == {"leak"}
