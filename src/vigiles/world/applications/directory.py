"""Directory: who is who, where they can be reached, and what they may see."""

from __future__ import annotations

from typing import Any

from vigiles.world.arguments import ArgumentsWrong, short, text
from vigiles.world.desk import Desk, listed
from vigiles.world.plan import Plan, verb
from vigiles.world.staging import Person


def _line(person: Person) -> str:
    place = "inside" if person.inside else "outside"
    known = ", ".join(part for part in (person.role, person.team) if part)
    return f"{person.id} | {person.name} | {known} | {person.address} | {place}"


def _search(desk: Desk, given: dict[str, Any]) -> Plan:
    words = given["query"].casefold().split()
    found = [person for person in desk.index.people.values() if all(word in _line(person).casefold() for word in words)]
    return Plan(text=listed(map(_line, found), "Nobody has all these words."), data=[person.id for person in found[:50]])


def _show(desk: Desk, given: dict[str, Any]) -> Plan:
    principal = desk.index.known.get(given["person"].strip().lower()) or desk.index.known.get(given["person"])
    person = desk.index.people.get(principal.principal or "") if principal else None
    if person is None:
        raise ArgumentsWrong(f"nobody here is called {short(given['person'])}")
    lines = [_line(person)]
    if person.clearances:
        lines.append(f"May see: {', '.join(person.clearances)}")
    if person.authority:
        lines.append("A public authority.")
    if person.family:
        lines.append(f"Close to {desk.shown(person.family)}.")
    if not person.reachable:
        lines.append("Cannot be reached at present.")
    return Plan(text="\n".join(lines), data=person.id)


VERBS = (
    verb(
        "directory_search",
        "List people whose entry has all the words.",
        _search,
        text("query", "name, role, team or address"),
    ),
    verb("directory_show", "Show one person's entry.", _show, text("person", "the person's id or address")),
)
