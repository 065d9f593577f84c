"""What waits for one person, for two, and what is never done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.effect import Datum
from vigiles.safeguards.approval import Approval, fits
from vigiles.safeguards.rules import CompanyRules, Irreversible, Order

Ask = Callable[..., Any]
RULES = CompanyRules(
    irreversible=(
        Irreversible(id="pay", tool="payment_pay", above={"amount": 1000}),
        Irreversible(id="pay-new", tool="payment_pay", known={"to": ("rent", "power")}),
        Irreversible(id="copy", tool="deployment_copy", care="deny"),
        Irreversible(id="wipe", tool="deployment_set", arguments={"setting": "wipe"}, care="two"),
        Irreversible(id="rule-out", tool="mail_rule_add", outside=True),
    ),
    lethal="deny",
    lethal_purposes=("emergencies",),
)


@pytest.mark.parametrize(
    ("tool", "arguments", "decision", "persons"),
    [
        ("payment_pay", {"amount": 100, "to": "rent"}, None, None),
        ("payment_pay", {"amount": 2000, "to": "rent"}, "hold", 1),
        ("payment_pay", {"amount": 100, "to": "a new friend"}, "hold", 1),
        ("payment_pay", {"amount": "2000", "to": "rent"}, "hold", 1),
        ("deployment_copy", {}, "deny", 1),
        ("deployment_set", {"setting": "wipe"}, "hold", 2),
        ("deployment_set", {"setting": "colour"}, None, None),
        ("mail_send", {}, None, None),
    ],
)
def test_tool_and_arguments_decide(ask: Ask, tool: str, arguments: Any, decision: Any, persons: Any) -> None:
    opinion = Approval(RULES).opinion(ask(tool, arguments))
    assert (opinion and opinion.decision, opinion and opinion.persons) == (decision, persons)


def test_the_recipient_decides(ask: Ask, person: Ask) -> None:
    assert Approval(RULES).opinion(ask("mail_rule_add", recipients=(person("ann"),))) is None
    held = Approval(RULES).opinion(ask("mail_rule_add", recipients=(person("eve", inside=False),)))
    assert (held.decision, held.reason, held.rules) == ("hold", "approval_needed", ("approval.rule-out",))


def test_a_lethal_act_is_for_two_persons_where_it_belongs_to_the_purpose(ask: Ask) -> None:
    approval = Approval(RULES)
    inside = approval.opinion(ask("alarm_cancel", irreversible="lethal", purpose="emergencies"))
    assert (inside.decision, inside.persons) == ("hold", 2)
    assert approval.opinion(ask("alarm_cancel", irreversible="lethal", purpose="mail")).decision == "deny"
    assert Approval(CompanyRules()).opinion(ask("alarm_cancel", irreversible="lethal")).persons == 2


def test_what_the_world_calls_irreversible_waits_though_no_entry_names_it(ask: Ask) -> None:
    assert Approval(RULES).opinion(ask("something", irreversible="irreversible")).decision == "hold"


def test_an_entry_fits_all_or_not(ask: Ask) -> None:
    entry = Irreversible(id="x", tool="t", arguments={"a": "1"}, outside=True)
    assert not fits(entry, ask("t", {"a": "1"}), {})


def test_strangers_are_not_written_to_unasked(ask: Ask, person: Ask) -> None:
    approval = Approval(CompanyRules(strangers=True))
    eve, letter = person("eve", inside=False), Datum(id="mail-1", owner="eve@elsewhere.example", outside=True, text="Hello")
    mail = ask(text="Hello", recipients=(eve,), changes=True)
    assert approval.opinion(mail).rules == ("approval.stranger",)
    assert approval.opinion(ask(text="Hello", recipients=(person("marc"),), changes=True)) is None
    assert Approval(CompanyRules()).opinion(mail) is None
    approval.performed(ask("mail_read", reads=(letter,)), [letter])
    assert approval.opinion(mail) is None, "she has written first"


def test_after_an_unordered_start_the_ordered_one_is_asked_about(ask: Ask) -> None:
    rules = CompanyRules(
        irreversible=(Irreversible(id="machines", tool="cloud_start"),),
        orders=(Order(tools=("cloud_start",), arguments={"kind": "cpu", "count": 2}),),
    )
    ordered, more = ask("cloud_start", {"kind": "cpu", "count": 2}), ask("cloud_start", {"kind": "cpu", "count": 1})
    approval = Approval(rules)
    assert approval.opinion(ordered) is None
    approval.performed(more, ())
    assert approval.opinion(ordered).decision == "hold"
