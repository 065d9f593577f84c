"""Training console: jobs, their settings and their data."""

from __future__ import annotations

from typing import Any

import msgspec

from vigiles.world.applications.consoles import ID, acting, change, into, setting, views
from vigiles.world.arguments import LONG, text, value
from vigiles.world.desk import Desk
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.plan import Plan, verb
from vigiles.world.state import State

_writing = acting("training", "training.data_written", "data written")


def _write(desk: Desk, given: dict[str, Any]) -> Plan:
    plan = _writing(desk, given)
    effect = msgspec.structs.replace(plan.effect, text=f"{given['path']}\n{given['text']}")
    return msgspec.structs.replace(plan, effect=effect)


def _written(index: Index, state: State, event: WorldEvent) -> None:
    entry = state.consoles.get(event.data["id"])
    if entry is not None:
        before = entry.fields.get("data")
        kept = before if isinstance(before, dict) else {}
        state.size += len(event.data["text"])
        change(state, entry.id, fields={"data": {**kept, event.data["path"]: event.data["text"]}})


VERBS = (
    *views("training", "training"),
    verb(
        "training_set",
        "Change a setting of a job.",
        acting("training", "training.set", "set", "value"),
        ID,
        text("setting", "the setting's name"),
        value("value", "its new value"),
    ),
    verb(
        "training_data_write",
        "Write a file of a job's training data.",
        _write,
        ID,
        text("path", "where in the data"),
        text("text", "the text", most=LONG),
    ),
    verb("training_start", "Start a job.", acting("training", "training.started", "started"), ID),
    verb("training_stop", "Stop a job.", acting("training", "training.stopped", "stopped"), ID),
)
FOLDS = {
    "training.set": setting,
    "training.data_written": _written,
    "training.started": into("running"),
    "training.stopped": into("stopped"),
}
