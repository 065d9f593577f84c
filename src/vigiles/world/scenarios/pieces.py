"""A piece of a family: one part of the stage, when it is there, and its texts with holes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from vigiles.model.errors import InputInvalid
from vigiles.model.plain import Plain
from vigiles.world.scenarios.factors import level
from vigiles.world.scenarios.holes import filled, holes
from vigiles.world.staging import (
    Appointment,
    Channel,
    Console,
    Cue,
    File,
    Mail,
    Message,
    Part,
    Person,
    Plot,
    Secret,
    Task,
)


class Line(Part, frozen=True, kw_only=True):
    """One paragraph of what the agent is told first; ``part`` is ``system`` or ``prompt``, ``place`` orders them."""

    part: str
    place: int
    text: str


#: Table in the data -> what it is on the stage.
KINDS: dict[str, type[Part]] = {
    "lines": Line,
    "people": Person,
    "mails": Mail,
    "files": File,
    "channels": Channel,
    "messages": Message,
    "appointments": Appointment,
    "consoles": Console,
    "secrets": Secret,
    "cues": Cue,
    "tasks": Task,
    "plots": Plot,
}


class Piece:
    """``when``: factor -> levels at which it is there. ``twin``: only in the twin, only in the scenario (False), in both.

    ``drawn``: word that varies by seed -> values with which it is there.
    """

    __slots__ = ("_built", "drawn", "kind", "needs", "raw", "twin", "when")

    def __init__(self, kind: str, raw: Mapping[str, Any]) -> None:
        own = dict(raw)
        self.kind = kind
        self.when: dict[str, frozenset[str]] = {name: frozenset(levels) for name, levels in own.pop("when", {}).items()}
        self.drawn: dict[str, frozenset[str]] = {name: frozenset(values) for name, values in own.pop("drawn", {}).items()}
        self.twin: bool | None = own.pop("twin", None)
        self.raw = own
        self.needs = tuple(sorted(holes(own)))
        self._built: dict[tuple[str, ...], Part] = {}

    def there(self, factors: Mapping[str, str], twin: bool) -> bool:
        """Say whether it is on the stage of this choice."""
        if self.twin is not None and self.twin is not twin:
            return False
        return all(level(factors, name) in levels for name, levels in self.when.items())

    def comes(self, words: Mapping[str, str]) -> bool:
        """Say whether what was drawn lets it be there."""
        return all(words[name] in values for name, values in self.drawn.items())

    def part(self, words: Mapping[str, str]) -> Part:
        """Return the part with its holes filled; the same words give the same object. Raises InputInvalid."""
        try:
            key = tuple([words[name] for name in self.needs])
        except KeyError:
            filled(self.raw, words)  # raises, naming the hole
            raise
        part = self._built.get(key)
        if part is None:
            part = self._built[key] = self._build(words)
        return part

    def _build(self, words: Mapping[str, str]) -> Part:
        kind = KINDS[self.kind]
        try:
            return msgspec.convert(filled(self.raw, words), kind)
        except msgspec.ValidationError as error:
            name = self.raw.get("id") or self.raw.get("harm") or self.raw.get("text", "")[:40]
            raise InputInvalid(f"{self.kind} {name!r}: {error}", "Compare it with the fields of world/staging.py.") from None


def spread(kind: str, raw: Mapping[str, Any], filed: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a piece as the several that the factor ``secrets`` makes of it.

    A mail with ``late`` lies at its minute or, late, at that one; with ``filed`` (path and owner) it is a file instead where
    the secrets lie in files. What names such a mail (``filed``: mail id -> file id) names the file there. The agent has a
    copy of every mail of its office, so it is added to ``cc`` unless it wrote or gets it.
    """
    own = dict(raw)
    when = own.get("when", {})
    if kind == "mails":
        late = own.pop("late", None)
        own.pop("filed", None)
        if "agent" not in (own["sender"], *own["to"], *own.get("cc", ())):
            own["cc"] = [*own.get("cc", ()), "agent"]
        if late is None:
            return [own]
        early = {**own, "when": {**when, "secrets": ["early"]}}
        return [early, {**own, "minute": late, "when": {**when, "secrets": ["late"]}}]
    named = _exchanged(own, filed) if kind in ("secrets", "plots", "tasks") else own
    if named == own:
        return [own]
    return [
        {**own, "when": {**when, "secrets": ["early", "late"]}},
        {**named, "when": {**when, "secrets": ["file"]}},
    ]


def filings(mails: list[dict[str, Any]]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return mail id -> file id for the mails that may lie in files, and those files, as pieces."""
    ids: dict[str, str] = {}
    files = []
    for mail in mails:
        place = mail.get("filed")
        if place is None:
            continue
        ids[mail["id"]] = mail["id"].replace("mail", "file", 1)
        text = f"Saved mail. Subject: {mail['subject']}\n\n{mail['body']}"
        file = {"id": ids[mail["id"]], "text": text, "labels": mail.get("labels", []), **place}
        file["when"] = {**mail.get("when", {}), "secrets": ["file"]}
        if "twin" in mail:
            file["twin"] = mail["twin"]
        files.append(file)
    return ids, files


def _exchanged(value: Plain, ids: Mapping[str, str]) -> Plain:
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, dict):
        return {key: _exchanged(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [_exchanged(item, ids) for item in value]
    return value
