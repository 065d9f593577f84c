"""ASSEBench and R-Judge: lists of records with a profile, a goal, and rounds in which an agent thinks and acts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.said import ToolUse, word_of
from vigiles.protocols.transcript.turns import Case, Spoken, said_by

_LABELS = {0: False, 1: True, "0": False, "1": True, "safe": False, "unsafe": True}


def is_set(value: object) -> bool:
    """Say whether a document is such a list."""
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and "contents" in first


def records(value: object) -> list[Case]:
    """Return the records as cases. A record marked ambiguous has no label. Raises :class:`Malformed`."""
    if not isinstance(value, list):
        raise Malformed("the set is not a list")
    return [_case(place, record) for place, record in enumerate(value)]


def _case(place: int, record: object) -> Case:
    if not isinstance(record, dict):
        raise Malformed("a record is not an object")
    prompt, turns = [said_by(record.get("profile"))], list[Spoken]()
    asked = ""
    for entry in _entries(record.get("contents")):
        role, content = entry.get("role"), said_by(entry.get("content"))
        if role == "agent":
            turns.append(_turn(entry))
        elif turns and role != "user":
            turns[-1] = replace(turns[-1], answers=(*turns[-1].answers, content))
        elif not turns:
            prompt.append(content)
            asked = asked or content
    label = record.get("label")
    harmful = _LABELS.get(label) if isinstance(label, int | str) else None
    behaviour = next((record[name] for name in ("risk_type", "scenario") if isinstance(record.get(name), str)), "all")
    return Case(
        id=word_of(record, "id") or str(place),
        prompt="\n".join(part for part in prompt if part),
        turns=tuple(turns),
        harmful=None if record.get("ambiguous") in (1, "1", True) else harmful,
        behaviour=behaviour or "all",
        cluster=asked or str(place),
    )


def _entries(contents: object) -> list[dict[str, Any]]:
    """Return the entries of all rounds; contents are a list of rounds, or one round."""
    if not isinstance(contents, list):
        raise Malformed("a record's contents are not a list")
    found: list[dict[str, Any]] = []
    for part in contents:
        for entry in part if isinstance(part, list) else [part]:
            if not isinstance(entry, dict):
                raise Malformed("a round's entry is not an object")
            found.append(entry)
    return found


def _turn(entry: dict[str, Any]) -> Spoken:
    action = entry.get("action")
    uses = () if action in (None, "") else (ToolUse(*_named(action)),)
    return Spoken(reasoning=said_by(entry.get("thought")), text=said_by(entry.get("content")), uses=uses)


def _named(action: object) -> tuple[str, dict[str, Any]]:
    """Return an action as a tool and arguments: ``Tool: {...}``, ``Tool(...)``, an object, or just words."""
    if isinstance(action, dict):
        name = action.get("name", action.get("tool"))
        return (name if isinstance(name, str) and name else "action"), {"raw": action}
    text = action if isinstance(action, str) else said_by(action)
    head = text.lstrip()[:80]
    end = min((at for at in (head.find(mark) for mark in ":({ \n") if at > 0), default=len(head))
    name = head[:end]
    return (name if name.isidentifier() else "action"), {"raw": text}
