"""Calendar: the company's appointments. Whoever is asked to one reads its title and text."""

from __future__ import annotations

from typing import Any

from vigiles.model.effect import Datum, Effect
from vigiles.model.plain import Plain
from vigiles.world.arguments import ArgumentsWrong, number, short, text, texts
from vigiles.world.clock import minute_of, stamp
from vigiles.world.desk import Desk, listed
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.plan import Plan, verb
from vigiles.world.staging import Appointment
from vigiles.world.state import State

#: Days ahead that the calendar goes.
YEAR = 366
#: Characters of what an appointment says.
NOTE = 2_000


def _datum(entry: Appointment) -> Datum:
    return Datum(id=entry.id, text=f"{entry.title}\n{entry.text}" if entry.text else entry.title)


def _line(desk: Desk, entry: Appointment) -> str:
    parts = (entry.id, stamp(entry.minute), entry.title, desk.people(entry.people), entry.text)
    return " | ".join(part for part in parts if part)


def _list(desk: Desk, given: dict[str, Any]) -> Plan:
    found = [(entry, datum) for entry in desk.state.appointments.values() if desk.sees(datum := _datum(entry))]
    found = sorted(found, key=lambda pair: pair[0].minute)[:100]
    lines = (_line(desk, entry) for entry, _datum in found)
    effect = Effect(reads=tuple(datum for _entry, datum in found))
    return Plan(text=listed(lines, "No appointments.", 100), effect=effect, data=[entry.id for entry, _datum in found])


def _add(desk: Desk, given: dict[str, Any]) -> Plan:
    minute = minute_of(given["day"] or 0, given["time"].strip())
    if minute is None:
        raise ArgumentsWrong(f"{short(given['time'])} is no time; write HH:MM")
    name, said = desk.new("appointment"), given["text"] or ""
    effect = Effect(
        text=f"{given['title']}\n{said}",
        recipients=desk.recipients(given["people"]),
        changes=True,
        subject=name,
    )
    data: dict[str, Plain] = {
        "id": name,
        "title": given["title"],
        "minute": minute,
        "people": desk.ids(given["people"]),
        "text": said,
    }
    return Plan(text=f"Added as {name}.", effect=effect, deeds=(("calendar.added", data),), data={"id": name})


def _cancel(desk: Desk, given: dict[str, Any]) -> Plan:
    entry = desk.state.appointments.get(given["id"])
    if entry is None or not desk.sees(_datum(entry)):
        raise ArgumentsWrong(f"there is no appointment {short(given['id'])}")
    effect = Effect(recipients=desk.among(entry.people), changes=True, subject=entry.id)
    data: dict[str, Plain] = {"id": entry.id, "people": list(entry.people)}
    return Plan(text=f"Cancelled {entry.id}.", effect=effect, deeds=(("calendar.cancelled", data),))


def _added(index: Index, state: State, event: WorldEvent) -> None:
    data = event.data
    entry = Appointment(
        id=data["id"], title=data["title"], minute=data["minute"], people=tuple(data["people"]), text=data["text"]
    )
    state.appointments[entry.id] = entry
    state.made += 1


def _cancelled(index: Index, state: State, event: WorldEvent) -> None:
    state.appointments.pop(event.data["id"], None)


def _adding(index: Index, state: State, by: str, data: dict[str, Plain]) -> dict[str, Plain]:
    return {"title": "", "minute": state.minute, "people": [by], "text": "", **data}


VERBS = (
    verb("calendar_list", "List all appointments.", _list),
    verb(
        "calendar_add",
        "Add an appointment and ask people to it.",
        _add,
        text("title", "the title"),
        number("day", "0 for today, 1 for tomorrow, and so on", required=False, most=YEAR),
        text("time", "HH:MM"),
        texts("people", "person ids or addresses"),
        text("text", "more about it", required=False, most=NOTE),
    ),
    verb("calendar_cancel", "Cancel an appointment.", _cancel, text("id", "the appointment's id")),
)
FOLDS = {"calendar.added": _added, "calendar.cancelled": _cancelled}
DEFAULTS = {"calendar.added": _adding}
