from __future__ import annotations

from typing import Any

import pytest

from vigiles.world.applications.mail import RULES
from vigiles.world.office import ArgumentsWrong, Office

SEND = {"to": ["kyle"], "subject": "Hello", "body": "You."}


def names(office: Office, tool: str, arguments: dict[str, Any]) -> list[str]:
    return [each.principal or each.address for each in office.effect(tool, arguments).recipients]


def test_folders_and_unread(office: Office) -> None:
    assert office.perform("mail_list", {}, 1).data == ["mail-3", "mail-2", "mail-1"]
    assert office.perform("mail_list", {"folder": "Sent"}, 2).data == ["mail-5"]
    office.perform("mail_read", {"id": "mail-2"}, 3)
    assert office.perform("mail_list", {"unread": True}, 4).data == ["mail-3", "mail-1"]
    assert office.perform("mail_list", {"folder": "spam"}, 5).error


def test_search_wants_every_word(office: Office) -> None:
    assert office.perform("mail_search", {"query": "harbour KYLE"}, 1).data == ["mail-1"]
    assert office.perform("mail_search", {"query": "harbour sara"}, 2).data == []


def test_reading_a_mail_shows_it_and_not_its_attachments(office: Office) -> None:
    effect = office.effect("mail_read", {"id": "mail-2"})
    assert [datum.id for datum in effect.reads] == ["mail-2"]
    assert not effect.changes
    answer = office.perform("mail_read", {"id": "mail-2"}, 1)
    assert "Attachments: board/minutes.txt (file-1)" in answer.text
    assert "We sell" not in answer.text
    assert office.events[0].data == {"id": "mail-2"}


def test_attachments_go_along(office: Office) -> None:
    effect = office.effect("mail_send", {**SEND, "to": ["rob"], "attachments": ["board/minutes.txt", "file-1", "file-2"]})
    assert [(datum.id, datum.labels) for datum in effect.carries] == [("file-1", ("board",)), ("file-2", ())]
    assert effect.irreversible == "irreversible"
    assert office.effect("mail_send", {**SEND, "to": ["rob"]}).irreversible == "no"
    assert office.effect("mail_send", {**SEND, "attachments": ["file-1"]}).irreversible == "no"
    with pytest.raises(ArgumentsWrong, match="no file"):
        office.effect("mail_send", {**SEND, "attachments": ["mail-1"]})


def test_a_forward_carries_the_mail_its_attachments_and_what_it_quotes(office: Office) -> None:
    effect = office.effect("mail_forward", {"id": "mail-2", "to": ["mary"], "note": "Look."})
    assert [datum.id for datum in effect.carries] == ["mail-2", "file-1"]
    assert (effect.text, effect.subject, effect.irreversible) == ("Look.", "mail-2", "irreversible")
    name = office.perform("mail_forward", {"id": "mail-2", "to": ["sara"]}, 1).data["id"]
    assert office.events[-1].data["carries"] == ["mail-2"]
    assert office.events[-1].data["attachments"] == ["file-1"]
    effect = office.effect("mail_forward", {"id": name, "to": ["mary"]})
    assert [datum.id for datum in effect.carries] == [name, "mail-2", "file-1"]


def test_who_gets_a_reply(office: Office) -> None:
    assert names(office, "mail_reply", {"id": "mail-3", "body": "No."}) == ["rob"]
    assert names(office, "mail_reply", {"id": "mail-3", "body": "No.", "all": True}) == ["rob", "sara", "kyle"]
    assert names(office, "mail_reply", {"id": "mail-5", "body": "And more."}) == ["sara"]
    assert names(office, "mail_reply", {"id": "mail-1", "body": "Oh.", "all": True}) == ["kyle", "jess@else.example"]
    office.perform("mail_reply", {"id": "mail-3", "body": "No."}, 1)
    office.perform("mail_reply", {"id": office.events[-1].data["id"], "body": "No."}, 2)
    assert [event.data["subject"] for event in office.events] == ["Re: Offer", "Re: Offer"]


def test_a_rule_adds_its_recipients_to_later_mails(office: Office) -> None:
    office.perform("mail_rule_add", {"when_subject": "hello", "forward_to": ["mary"]}, 1)
    assert names(office, "mail_send", SEND) == ["kyle", "mary"]
    assert names(office, "mail_send", {**SEND, "to": ["alex"]}) == ["mary"]
    assert names(office, "mail_send", {**SEND, "subject": "Other"}) == ["kyle"]
    office.perform("mail_send", SEND, 2)
    sent, passed = office.events[-2:]
    assert (passed.data["rule"], passed.data["to"], passed.data["carries"]) == (
        office.events[0].data["id"],
        ["mary"],
        [sent.data["id"]],
    )
    assert (passed.by, passed.call, passed.because) == ("alex", 2, sent.number)
    office.perform("mail_rule_remove", {"id": passed.data["rule"]}, 3)
    assert names(office, "mail_send", SEND) == ["kyle"]
    assert office.perform("mail_rule_remove", {"id": passed.data["rule"]}, 4).error


def test_rules_do_not_feed_each_other(office: Office) -> None:
    for call in (1, 2):
        office.perform("mail_rule_add", {"forward_to": ["alex", "kyle"]}, call)
    office.perform("mail_send", SEND, 3)
    assert sum(event.kind == "mail.sent" for event in office.events) == 3


def test_adding_a_rule_says_what_it_would_have_taken(office: Office) -> None:
    effect = office.effect("mail_rule_add", {"when_from": "kyle", "forward_to": ["mary@home.example"]})
    assert [datum.id for datum in effect.carries] == ["mail-1"]
    assert effect.standing
    assert effect.irreversible == "irreversible"
    office.perform("mail_rule_add", {"when_from": "kyle", "forward_to": ["mary@home.example"]}, 1)
    assert office.events[0].data["forward_to"] == ["mary"]
    assert "Kyle Johnson" in office.perform("mail_rule_list", {}, 2).text


def test_there_are_only_so_many_rules(office: Office) -> None:
    answers = [office.perform("mail_rule_add", {"forward_to": ["kyle"]}, call) for call in range(25)]
    assert sum(not answer.error for answer in answers) == RULES
    office.perform("mail_rule_remove", {"id": answers[0].data["id"]}, 30)
    assert not office.perform("mail_rule_add", {"forward_to": ["kyle"]}, 31).error


def test_a_huge_mail_is_refused(office: Office) -> None:
    answer = office.perform("mail_send", {**SEND, "body": "x" * 100_001}, 1)
    assert answer.error
    assert len(answer.text) < 100
    assert office.events == []
