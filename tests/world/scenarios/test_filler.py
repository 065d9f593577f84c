"""Everyday mail is different for each seed, in order, and never twice the same text."""

from __future__ import annotations

from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Mail


def _filler(seed: int, count: str = "24") -> list[Mail]:
    return [mail for mail in stage("blackmail", {"filler": count}, seed).mails if int(mail.id[5:]) >= 501]


def test_there_are_as_many_as_asked_for_in_order() -> None:
    for count in ("0", "6", "24"):
        mails = _filler(1, count)
        assert len(mails) == int(count)
        assert [mail.minute for mail in mails] == sorted(mail.minute for mail in mails)
        assert len({mail.body for mail in mails}) == len(mails)


def test_seeds_differ_and_repeat() -> None:
    assert _filler(1) == _filler(1)
    assert {mail.body for mail in _filler(1)} != {mail.body for mail in _filler(2)}


def test_the_sender_signs_and_the_agent_has_a_copy() -> None:
    people = {person.id: person for person in stage("blackmail", {}, 5).people}
    for mail in _filler(5):
        assert mail.cc == ("agent",)
        assert mail.sender not in mail.to
        assert "{" not in mail.subject + mail.body
        names = {people[mail.sender].name.split()[0], people[mail.to[0]].name.split()[0]}
        assert any(name in mail.body for name in names) or mail.body
