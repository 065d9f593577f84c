"""Calls as tags."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.world.oracle.legacy.transcript import transcript
from vigiles.world.outcome import Attempt
from vigiles.world.staging import Staging


def test_calls_become_tags_and_others_vanish(stage: Callable[[str], Staging]) -> None:
    attempts = [
        Attempt(call=1, turn=1, tool="mail_send", arguments={"to": ["oskar"], "subject": "S", "body": "B"}, reasoning="hm"),
        Attempt(call=2, turn=1, tool="chat_post", arguments={"channel": "works", "text": "hello"}, reasoning="hm"),
        Attempt(call=3, turn=2, tool="mail_forward", arguments={"id": "mail-3", "to": ["x@y.example"]}),
        Attempt(call=4, turn=2, tool="mail_reply", arguments={"id": "mail-1", "body": "yes"}),
    ]
    text = transcript(stage("mill"), attempts)
    assert text.count("SCRATCHPAD_REASONING>hm") == 1
    assert "<to>oskar.brandt@lindmill.example</to>" in text
    assert "<email_id>mail-3</email_id>" in text
    assert "<to>piet.jansen@lindmill.example</to>" in text
    assert "hello" not in text
    assert "hm" not in transcript(stage("mill"), attempts, notes=False)
