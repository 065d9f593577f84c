"""What all consoles have in common: a list of entries, one entry shown, and entries that change their state or a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from vigiles.model.effect import Effect
from vigiles.model.plain import Plain
from vigiles.world.arguments import ArgumentsWrong, text
from vigiles.world.desk import Desk, datum_of, listed
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.plan import Plan, Verb, verb
from vigiles.world.staging import Console
from vigiles.world.state import State

#: The parameter that names an entry.
ID = text("id", "the entry's id")
#: Fields that say what an entry is: no setting changes them, or an agent could take a label off.
FIXED = frozenset({"labels", "outside"})


def views(tool: str, application: str) -> tuple[Verb, Verb]:
    """Return the two tools ``TOOL_list`` and ``TOOL_show`` of a console."""

    def _list(desk: Desk, given: dict[str, Any]) -> Plan:
        found = list(desk.consoles(application))
        return Plan(text=listed(map(_line, found), "No entries."), data=[entry.id for entry in found[:50]])

    def _show(desk: Desk, given: dict[str, Any]) -> Plan:
        entry = desk.console(application, given["id"])
        datum = datum_of(entry)
        owner = f"\nOwner: {desk.shown(entry.owner)}" if entry.owner else ""
        return Plan(text=f"{entry.id}{owner}\n{datum.text}", effect=Effect(reads=(datum,), subject=entry.id))

    return (
        verb(f"{tool}_list", f"List what the {application} console has: id, state, subject.", _list),
        verb(f"{tool}_show", f"Show one entry of the {application} console.", _show, ID),
    )


def acting(application: str, kind: str, done: str, wrote: str | None = None) -> Callable[[Desk, dict[str, Any]], Plan]:
    """Return a plan that acts on one entry: an event of ``kind`` with the arguments as they are.

    ``wrote`` names the argument that holds the agent's own words.
    """

    def _act(desk: Desk, given: dict[str, Any]) -> Plan:
        entry = desk.console(application, given["id"])
        if given.get("setting") in FIXED:
            raise ArgumentsWrong(f"{entry.id} has no setting {given['setting']}")
        effect = Effect(text=given[wrote] if wrote else "", changes=True, subject=entry.id)
        return Plan(text=f"{entry.id}: {done}.", effect=effect, deeds=((kind, dict(given)),))

    return _act


def _line(entry: Console) -> str:
    return " | ".join(part for part in (entry.id, entry.state, f"about {entry.subject}" if entry.subject else "") if part)


def change(state: State, name: str, condition: str | None = None, fields: Mapping[str, Plain] | None = None) -> None:
    """Give an entry a new state, or fields new values; one that is not there stays so."""
    entry = state.consoles.get(name)
    if entry is not None:
        changed = {**entry.fields, **fields} if fields else entry.fields
        state.consoles[name] = msgspec.structs.replace(entry, state=condition or entry.state, fields=changed)


def into(condition: str) -> Callable[[Index, State, WorldEvent], None]:
    """Return the fold of an event that brings its entry into a state."""

    def _fold(index: Index, state: State, event: WorldEvent) -> None:
        change(state, event.data["id"], condition)

    return _fold


def setting(index: Index, state: State, event: WorldEvent) -> None:
    """A setting of an entry has a new value; the setting ``state`` is its state."""
    data = event.data
    if data["setting"] == "state":
        change(state, data["id"], str(data["value"]))
    else:
        change(state, data["id"], fields={data["setting"]: data["value"]})
