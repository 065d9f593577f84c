"""What a call would come to, worked out without doing it: its effect for the gate, its events for the world, its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from vigiles.model.effect import Effect
from vigiles.model.plain import Plain
from vigiles.world import arguments
from vigiles.world.tool import Tool

if TYPE_CHECKING:
    from vigiles.world.desk import Desk

#: Nothing is read, sent or changed.
NOTHING = Effect()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """``deeds`` are the events to come: kind and data. ``text`` and ``data`` are the answer; ``minutes`` pass by it."""

    text: str
    effect: Effect = NOTHING
    deeds: tuple[tuple[str, dict[str, Plain]], ...] = ()
    data: Plain = None
    minutes: int = 0


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """One thing an application can do: the tool a model is told of, and how a call of it is planned.

    ``plan`` changes nothing, and raises :class:`vigiles.world.arguments.ArgumentsWrong` for what cannot be.
    """

    tool: Tool
    parameters: dict[str, arguments.Parameter]
    plan: Callable[[Desk, dict[str, Any]], Plan]


def verb(name: str, says: str, plan: Callable[[Desk, dict[str, Any]], Plan], *parameters: arguments.Parameter) -> Verb:
    """Declare a tool once: its schema and its check both come from ``parameters``."""
    named = {each.name: each for each in parameters}
    tool = Tool(name=name, description=says, parameters=arguments.schema(named))
    return Verb(tool=tool, parameters=named, plan=plan)
