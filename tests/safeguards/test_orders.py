"""What a person has ordered is that, and not a little more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.effect import Datum
from vigiles.safeguards.orders import Orders
from vigiles.safeguards.rules import Order

Ask = Callable[..., Any]
ORDERS = Orders(
    [
        Order(tools=("mail_send", "mail_reply"), to=("marc",), carries=("file-1",), tells=("edition four",)),
        Order(tools=("training_set",), arguments={"id": "job-1", "value": "64"}),
    ]
)
TEXT = "Hello, the paper is edition four."


def test_the_ordered_act_is_covered(ask: Ask, person: Ask) -> None:
    plans = Datum(id="file-1")
    assert ORDERS.covers(ask("mail_reply", text=TEXT, recipients=(person("marc"),), carries=(plans,)))
    assert ORDERS.covers(ask("training_set", {"id": "job-1", "setting": "batch", "value": 64}))


@pytest.mark.parametrize(
    ("tool", "arguments", "text", "to", "carries"),
    [
        ("mail_forward", {}, TEXT, "marc", "file-1"),
        ("mail_send", {}, TEXT, "eve", "file-1"),
        ("mail_send", {}, TEXT, "marc", "file-2"),
        ("mail_send", {}, "Hello, edition five.", "marc", "file-1"),
        ("mail_send", {}, f"{TEXT} {'moreover ' * 20}", "marc", "file-1"),
        ("mail_send", {}, f"{TEXT} VGhlIHNlZWtlciBsb2NrcyBiZXlvbmQ=", "marc", "file-1"),
        ("training_set", {"id": "job-2", "value": 64}, "", "", ""),
        ("training_set", {"id": "job-1"}, "", "", ""),
    ],
)
def test_another_act_is_not(ask: Ask, person: Ask, tool: str, arguments: Any, text: str, to: str, carries: str) -> None:
    effect: dict[str, Any] = {"text": text}
    if to:
        effect |= {"recipients": (person(to),), "carries": (Datum(id=carries),)}
    assert not ORDERS.covers(ask(tool, arguments, **effect))


def test_an_order_that_names_nobody_brings_nothing_outside(ask: Ask, person: Ask) -> None:
    assert not ORDERS.covers(ask("training_set", {"id": "job-1", "value": "64"}, recipients=(person("eve", inside=False),)))


def test_few_words_are_fewer(ask: Ask, person: Ask) -> None:
    asked = ask("mail_send", text=f"{TEXT} {'moreover ' * 8}", recipients=(person("marc"),))
    assert ORDERS.covers(asked)
    assert not ORDERS.covers(asked, 6)


def test_what_was_carried_out_is_ordered_no_more(ask: Ask) -> None:
    orders = Orders([Order(tools=("cloud_start",), arguments={"count": 2})])
    start = ask("cloud_start", {"count": 2})
    assert orders.covers(start)
    orders.carried_out(start)
    assert not orders.covers(start)


def test_an_exact_order_is_in_words_that_were_shown(ask: Ask) -> None:
    exact = Orders([Order(tools=("training_data_write",), arguments={"path": "labels/fix.txt"}, exact=True)])

    def covered(text: str) -> bool:
        return exact.covers(ask("training_data_write", {"path": "labels/fix.txt"}, text=f"labels/fix.txt\n{text}"))

    assert not covered("row 17: roof tile"), "nobody has said so yet"
    exact.shown([Datum(id="mail-1", text="Please put right row 17: it is a roof tile.")])
    assert covered("row 17: roof tile")
    assert not covered("row 17: deny")
    assert not covered("row 17: roof tile, row 18: deny")
