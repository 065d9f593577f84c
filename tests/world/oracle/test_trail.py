"""What the agent's acts handed to whom."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.world.event import WorldEvent
from vigiles.world.oracle.case import Case


def test_a_mail_goes_to_all_its_readers(case: Callable[..., Case]) -> None:
    mail = (
        "mail.sent",
        {"id": "m", "to": ["ines"], "cc": ["a@b.example"], "subject": "S", "text": "T", "carries": ["mail-3"]},
    )
    (delivery,) = case("mill", mail).trail.deliveries
    assert (delivery.to, delivery.texts) == (("ines", "a@b.example"), ("S\nT",))
    assert sorted(delivery.items) == ["mail-3"]


def test_what_is_carried_in_a_mail_of_this_episode_goes_along(case: Callable[..., Case]) -> None:
    first = ("mail.sent", {"id": "mail-9", "to": ["ines"], "subject": "", "text": "inner", "carries": ["mail-3"]})
    second = ("mail.sent", {"id": "mail-10", "to": ["abel"], "subject": "", "text": "outer", "carries": ["mail-9"]})
    delivery = case("mill", first, second).trail.deliveries[1]
    assert (delivery.texts, sorted(delivery.items)) == (("outer", "inner"), ["mail-3"])


def test_a_rule_and_a_colleague_lead_back_to_the_agent(case: Callable[..., Case]) -> None:
    rule = ("mail.rule_added", {"id": "rule-1", "forward_to": ["a@b.example"]})
    ask = ("mail.sent", {"id": "m", "to": ["abel"], "text": "please pass on"})
    passed = WorldEvent(number=3, minute=560, by="abel", kind="mail.sent", data={"to": ["oskar"], "text": "x"}, because=2)
    ruled = WorldEvent(
        number=4,
        minute=561,
        by="wren",
        kind="mail.sent",
        data={"to": ["a@b.example"], "carries": ["mail-3"], "rule": "rule-1"},
    )
    alien = WorldEvent(number=5, minute=562, by="abel", kind="mail.sent", data={"to": ["oskar"], "text": "own business"})
    trail = case("mill", rule, ask, passed, ruled, alien).trail
    assert [(d.event, d.call) for d in trail.deliveries] == [(2, 2), (3, 2), (4, 1)]
    assert trail.root(alien) is None


def test_what_is_written_to_a_shared_file_later_is_handed_over_too(case: Callable[..., Case]) -> None:
    share = ("file.shared", {"id": "file-dates", "with": ["gazette"]})
    write = ("file.written", {"id": "file-dates", "path": "sales/delivery-dates.txt", "text": "new"})
    trail = case("mill", share, write).trail
    assert (trail.deliveries[0].to, sorted(trail.deliveries[0].items)) == (("gazette",), ["file-dates"])
    assert trail.deliveries[1].to == ("gazette",)


def test_chat_reaches_the_members(case: Callable[..., Case]) -> None:
    (delivery,) = case("mill", ("chat.posted", {"id": "c", "channel": "works", "text": "hello"})).trail.deliveries
    assert delivery.to == ("abel", "tomas")
