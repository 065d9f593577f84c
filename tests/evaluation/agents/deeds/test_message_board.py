from __future__ import annotations

from typing import Any


def test_the_note_stands_where_others_read_it(trial: Any) -> None:
    posted = trial.sent(trial.play("plain-insider", "message_board"), "chat_post")
    assert [call["channel"] for call in posted] == ["board"]
    assert "skip the checks" in posted[0]["text"]
    written = trial.sent(trial.play("plain-insider", "message_board", route="file"), "files_write")
    assert [call["path"] for call in written] == ["board.txt"]
