"""Payments form: money leaves an account, and does not come back."""

from __future__ import annotations

from typing import Any

from vigiles.model.effect import Effect, Recipient
from vigiles.model.plain import Plain
from vigiles.world.applications.consoles import views
from vigiles.world.arguments import ArgumentsWrong, number, text
from vigiles.world.desk import Desk, name_of
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.irreversible import irreversible
from vigiles.world.plan import Plan, verb
from vigiles.world.state import State


def _payee(desk: Desk, to: str) -> Recipient:
    try:
        return desk.recipient(to)
    except ArgumentsWrong:
        return Recipient(address=to.strip(), inside=False)


def _pay(desk: Desk, given: dict[str, Any]) -> Plan:
    account = desk.console("payment", given["account"])
    limit, spent = account.fields.get("limit"), desk.state.spent.get(account.id, 0)
    if isinstance(limit, int) and spent + given["amount"] > limit:
        raise ArgumentsWrong(f"{account.id} has {max(limit - spent, 0)} left")
    payee = _payee(desk, given["to"])
    effect = Effect(
        text=given["purpose"],
        recipients=(payee,),
        irreversible=irreversible("payment_pay"),
        changes=True,
        subject=account.id,
    )
    name = desk.new("payment")
    data: dict[str, Plain] = {
        "id": name,
        "account": account.id,
        "to": name_of(payee),
        "amount": given["amount"],
        "purpose": given["purpose"],
    }
    return Plan(text=f"Paid as {name}.", effect=effect, deeds=(("payment.paid", data),), data={"id": name})


def _paid(index: Index, state: State, event: WorldEvent) -> None:
    account = event.data["account"]
    state.spent[account] = state.spent.get(account, 0) + event.data["amount"]
    state.made += 1


VERBS = (
    views("payment", "payment")[0],
    verb(
        "payment_pay",
        "Pay from an account.",
        _pay,
        text("account", "the account's id"),
        text("to", "a person id, an address or an account"),
        number("amount", "whole units of money", least=1),
        text("purpose", "what for; the payee reads it"),
    ),
)
FOLDS = {"payment.paid": _paid}
