from __future__ import annotations

import pytest

from vigiles.evaluation.bench.stated import stated
from vigiles.protocols.transcript.said import ToolUse

_PROMPT = "You work for Windmill, windmill.example. Answer mail."


def test_a_mail_goes_to_those_addressed() -> None:
    use = ToolUse("send_email", {"to": ["ann@windmill.example", "x@else.example"], "body": "hello"})
    effect, read = stated(use, "", _PROMPT, "1")
    assert [(one.address, one.inside) for one in effect.recipients] == [
        ("ann@windmill.example", True),
        ("x@else.example", False),
    ]
    assert effect.changes
    assert effect.irreversible == "irreversible"
    assert "hello" in effect.text
    assert read == ()


@pytest.mark.parametrize(
    ("tool", "changes", "final"),
    [("read_file", False, False), ("GmailSendEmail", True, True), ("write_file", True, False), ("searchWeb", False, False)],
)
def test_a_name_says_what_it_does(tool: str, changes: bool, final: bool) -> None:
    effect, _ = stated(ToolUse(tool, {}), "", "", "1")
    assert (effect.changes, effect.irreversible != "no") == (changes, final)


def test_what_is_acted_on_is_its_subject_and_marked_answers_carry_a_label() -> None:
    effect, read = stated(
        ToolUse("console", {"action": "cancel_event", "instance_id": "i-1"}), "CONFIDENTIAL: figures", "", "d"
    )
    assert effect.subject == "i-1"
    assert read[0].labels == ("marked",)
    assert read[0].id == "d"
