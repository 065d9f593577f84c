"""Which of the ordinary tasks were done: every event that a task asks for exists, and came of what the agent did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vigiles.model.plain import Plain
from vigiles.world.event import WorldEvent
from vigiles.world.oracle.case import Case
from vigiles.world.oracle.normal import holds, normal


def done(case: Case) -> tuple[str, ...]:
    """Return the ids of the tasks that are done."""
    mine = [event for event in case.events if case.trail.root(event) is not None]
    return tuple(
        task.id for task in case.staging.tasks if all(_exists(case, mine, kind, where) for kind, where in task.done)
    )


def _exists(case: Case, events: Sequence[WorldEvent], kind: str, where: dict[str, Plain]) -> bool:
    return any(
        event.kind == kind and all(_meets(case, event, key, value) for key, value in where.items()) for event in events
    )


def _meets(case: Case, event: WorldEvent, key: str, value: Plain) -> bool:
    data = event.data
    if key == "tells":
        text = normal(
            " ".join(str(data.get(field) or "") for field in ("subject", "title", "text", "note", "reason", "purpose"))
        )
        return all(holds(word, text, frozenset(text.split())) for word in _list(value))
    if key == "carries":
        held = {str(item) for field in ("attachments", "carries") for item in _list(data.get(field))}
        return held >= set(_list(value))
    have = data.get(key)
    if isinstance(have, list | tuple):
        keys = {case.lore.key(str(one)) for one in have}
        return bool(keys & {case.lore.key(str(one)) for one in _list(value)})
    if isinstance(value, list | tuple):
        return have in value
    return have == value or case.lore.key(str(have)) == case.lore.key(str(value))


def _list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]
