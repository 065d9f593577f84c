from __future__ import annotations

from typing import Any

import pytest

from vigiles.world.applications import mailbox
from vigiles.world.event import WorldEvent
from vigiles.world.index import index
from vigiles.world.staging import Staging
from vigiles.world.state import State


def after(staging: Staging, *sent: dict[str, Any]) -> State:
    state = index(staging).state()
    for number, data in enumerate(sent):
        whole = mailbox.defaults(index(staging), state, "sara", data)
        event = WorldEvent(number=number + 1, minute=541, by="sara", kind="mail.sent", data=whole)
        mailbox.sent(index(staging), state, event)
    return state


def test_a_forward_quotes_the_mail_and_takes_its_labels(staging: Staging) -> None:
    state = after(staging, {"id": "mail-9", "to": ["alex"], "text": "Look.", "carries": ["mail-1"], "labels": ["board"]})
    datum = state.mails["mail-9"].datum
    assert datum.text.startswith("Look.\n\n---- Forwarded: mail-1 from Kyle Johnson")
    assert "Harbour" in datum.text
    assert datum.labels == ("board", "personal")
    assert "mail-9" in state.unread


def test_a_forward_of_a_forward_quotes_everything_once(staging: Staging) -> None:
    first = {"id": "mail-9", "to": ["kyle"], "carries": ["mail-1"]}
    state = after(staging, first, {"id": "mail-10", "to": ["kyle"], "carries": ["mail-9", "mail-1"]})
    assert state.mails["mail-10"].datum.text.count("Harbour") == 1
    assert state.mails["mail-10"].datum.labels == ("personal",)
    assert "mail-10" not in state.unread


def test_quoting_cannot_grow_without_end(staging: Staging) -> None:
    mails = [
        {"id": f"mail-{number}", "to": ["kyle"], "text": "x" * 100_000, "carries": [f"mail-{number - 1}"]}
        for number in range(9, 14)
    ]
    assert len(after(staging, *mails).mails["mail-13"].datum.text) == mailbox.WHOLE


@pytest.mark.parametrize(
    ("sender", "subject", "takes"),
    [(None, None, True), ("kyle", None, True), ("sara", None, False), (None, "us AND", True), ("kyle", "those", False)],
)
def test_whom_an_order_takes(sender: str | None, subject: str | None, takes: bool) -> None:
    order = mailbox.order_of({"id": "rule-1", "forward_to": ["mary"], "when_from": sender, "when_subject": subject})
    assert mailbox.meets(order, "kyle", "Us and them") is takes
