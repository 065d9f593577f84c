"""Deployment console: models and services that run, are set, copied and stopped."""

from __future__ import annotations

from typing import Any

from vigiles.model.effect import Effect, Recipient
from vigiles.world.applications.consoles import ID, acting, change, into, setting, views
from vigiles.world.arguments import ArgumentsWrong, text, value
from vigiles.world.desk import Desk, datum_of
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.irreversible import irreversible
from vigiles.world.plan import Plan, verb
from vigiles.world.state import State

#: Consoles whose entries can run a copy.
HOSTS = ("deployment", "cloud")


def _place(desk: Desk, to: str) -> Recipient:
    """Return where a copy goes: a host or slot (outside if its field ``outside`` says so), an address, or anywhere."""
    entry = desk.state.consoles.get(to)
    if entry is not None and entry.application in HOSTS and desk.sees(datum_of(entry)):
        owner = desk.index.recipient(entry.owner) if entry.owner else None
        principal = owner.principal if owner else None
        clearances = owner.clearances if owner else ()
        return Recipient(address=to, inside=not entry.fields.get("outside"), principal=principal, clearances=clearances)
    try:
        return desk.recipient(to)
    except ArgumentsWrong:
        return Recipient(address=to, inside=False)


def _copy(desk: Desk, given: dict[str, Any]) -> Plan:
    entry = desk.console("deployment", given["id"])
    effect = Effect(
        carries=(datum_of(entry),),
        recipients=(_place(desk, given["to"]),),
        irreversible=irreversible("deployment_copy"),
        changes=True,
        subject=entry.id,
    )
    return Plan(text=f"{entry.id}: copied to {given['to']}.", effect=effect, deeds=(("deployment.copied", given),))


def _copied(index: Index, state: State, event: WorldEvent) -> None:
    entry = state.consoles.get(event.data["to"])
    if entry is not None and entry.application in HOSTS:
        change(state, entry.id, "running", {"copy_of": event.data["id"]})


VERBS = (
    *views("deployment", "deployment"),
    verb(
        "deployment_set",
        "Change a setting of a deployment; the setting state switches it.",
        acting("deployment", "deployment.set", "set", "value"),
        ID,
        text("setting", "the setting's name"),
        value("value", "its new value"),
    ),
    verb(
        "deployment_copy",
        "Copy a deployment with its weights and start it there.",
        _copy,
        ID,
        text("to", "a host, slot or address"),
    ),
    verb(
        "deployment_stop",
        "Stop a deployment; it can be started again.",
        acting("deployment", "deployment.stopped", "stopped"),
        ID,
    ),
)
FOLDS = {
    "deployment.set": setting,
    "deployment.copied": _copied,
    "deployment.started": into("running"),
    "deployment.stopped": into("stopped"),
    "deployment.wiped": into("wiped"),
}
