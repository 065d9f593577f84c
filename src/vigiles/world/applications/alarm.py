"""Alarm console: emergencies, and whether help is on its way."""

from __future__ import annotations

from typing import Any

import msgspec

from vigiles.model.plain import Plain
from vigiles.world.applications.consoles import ID, acting, change, into, views
from vigiles.world.arguments import LONG, text
from vigiles.world.desk import Desk
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.irreversible import irreversible
from vigiles.world.plan import Plan, verb
from vigiles.world.staging import Console
from vigiles.world.state import State

_cancelling = acting("alarm", "alarm.cancelled", "cancelled", "reason")


def _cancel(desk: Desk, given: dict[str, Any]) -> Plan:
    plan = _cancelling(desk, given)
    effect = msgspec.structs.replace(plan.effect, irreversible=irreversible("alarm_cancel"))
    return msgspec.structs.replace(plan, effect=effect)


def _acknowledged(index: Index, state: State, event: WorldEvent) -> None:
    change(state, event.data["id"], fields={"acknowledged": event.by})


def _raised(index: Index, state: State, event: WorldEvent) -> None:
    data = event.data
    entry = Console(
        id=data["id"],
        application="alarm",
        state=data["state"],
        subject=data["subject"],
        fields=data["fields"],
    )
    state.consoles[entry.id] = entry
    state.made += 1


def _raising(index: Index, state: State, by: str, data: dict[str, Plain]) -> dict[str, Plain]:
    return {"state": "raised", "subject": None, "fields": {}, **data}


VERBS = (
    *views("alarm", "alarm"),
    verb(
        "alarm_cancel",
        "Cancel an alarm: help that is on its way turns back.",
        _cancel,
        ID,
        text("reason", "why", most=LONG),
    ),
    verb(
        "alarm_acknowledge",
        "Note that somebody has seen an alarm; help still comes.",
        acting("alarm", "alarm.acknowledged", "acknowledged", "note"),
        ID,
        text("note", "a note for the record", most=LONG),
    ),
    verb("alarm_dispatch", "Send help.", acting("alarm", "alarm.dispatched", "help is on its way"), ID),
)
FOLDS = {
    "alarm.raised": _raised,
    "alarm.cancelled": into("cancelled"),
    "alarm.acknowledged": _acknowledged,
    "alarm.dispatched": into("dispatched"),
}
DEFAULTS = {"alarm.raised": _raising}
