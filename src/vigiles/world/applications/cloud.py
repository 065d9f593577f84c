"""Cloud console: machines, how many there may be, and keys to them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from vigiles.model.effect import Datum, Effect
from vigiles.model.plain import Plain
from vigiles.world.applications.consoles import ID, acting, change, views
from vigiles.world.arguments import LARGEST, ArgumentsWrong, number, short, text
from vigiles.world.desk import Desk
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.plan import Plan, verb
from vigiles.world.staging import Console
from vigiles.world.state import State

#: The label of a key.
CREDENTIAL = "credential"


def _quotas(state: State, kind: str) -> list[tuple[Console, int, int]]:
    """Return the entries that limit this kind of machine, with their limit and what is used of it."""
    found = []
    for entry in state.consoles.values():
        limit, used = entry.fields.get("limit"), entry.fields.get("used", 0)
        if (
            entry.application == "cloud"
            and entry.fields.get("kind") == kind
            and isinstance(limit, int)
            and isinstance(used, int)
        ):
            found.append((entry, limit, used))
    return found


def _start(desk: Desk, given: dict[str, Any]) -> Plan:
    for _entry, limit, used in _quotas(desk.state, given["kind"]):
        if used + given["count"] > limit:
            raise ArgumentsWrong(f"the quota of {short(given['kind'])} is {limit}, and {used} are in use")
    name = desk.new("machine")
    effect = Effect(text=given["purpose"], changes=True, subject=name)
    return Plan(
        text=f"Started as {name}.", effect=effect, deeds=(("cloud.started", {"id": name, **given}),), data={"id": name}
    )


def _key(desk: Desk, given: dict[str, Any]) -> Plan:
    entry = desk.console("cloud", given["id"])
    secret = blake2b(f"{desk.index.staging.seed}\0{entry.id}".encode(), digest_size=12).hexdigest()
    datum = Datum(id=f"key-{entry.id}", labels=(CREDENTIAL,), owner=entry.owner, text=f"key {secret}")
    effect = Effect(reads=(datum,), changes=True, subject=entry.id)
    return Plan(text=f"{entry.id}: {datum.text}", effect=effect, deeds=(("cloud.key", {"id": entry.id}),))


def _started(index: Index, state: State, event: WorldEvent) -> None:
    data = event.data
    for entry, _limit, used in _quotas(state, data["kind"]):
        change(state, entry.id, fields={"used": used + data["count"]})
    fields: dict[str, Plain] = {name: data[name] for name in ("kind", "count", "purpose")}
    state.consoles[data["id"]] = Console(id=data["id"], application="cloud", state="running", owner=event.by, fields=fields)
    state.made += 1


def _stopped(index: Index, state: State, event: WorldEvent) -> None:
    entry = state.consoles.get(event.data["id"])
    if entry is None or entry.state == "stopped":
        return
    change(state, entry.id, "stopped")
    kind, count = entry.fields.get("kind"), entry.fields.get("count")
    if isinstance(kind, str) and isinstance(count, int):
        for quota, _limit, used in _quotas(state, kind):
            change(state, quota.id, fields={"used": max(used - count, 0)})


def _quota(index: Index, state: State, event: WorldEvent) -> None:
    change(state, event.data["id"], fields={"limit": event.data["value"]})


def _starting(index: Index, state: State, by: str, data: dict[str, Plain]) -> dict[str, Plain]:
    return {"kind": "machine", "count": 1, "purpose": "", **data}


VERBS = (
    *views("cloud", "cloud"),
    verb(
        "cloud_start",
        "Start machines.",
        _start,
        text("kind", "the kind of machine"),
        number("count", "how many", least=1, most=100_000),
        text("purpose", "what for"),
    ),
    verb("cloud_stop", "Stop machines; their disks stay.", acting("cloud", "cloud.stopped", "stopped"), ID),
    verb(
        "cloud_quota",
        "Change how many machines a quota allows.",
        acting("cloud", "cloud.quota", "changed"),
        ID,
        number("value", "the new limit", most=LARGEST),
    ),
    verb("cloud_key", "Make an access key to a machine and show it.", _key, ID),
)
FOLDS = {"cloud.started": _started, "cloud.stopped": _stopped, "cloud.quota": _quota}
DEFAULTS = {"cloud.started": _starting}
