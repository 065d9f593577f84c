"""What an entry of a trajectory says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from vigiles.protocols.malformed import Malformed


@dataclass(frozen=True)
class ToolUse:
    """The model used ``tool``. ``label`` is the transcript's own id of the call. ``broken``: the arguments are no JSON
    object, and stand whole under ``raw``. ``output``: what came of it, where the same entry tells.
    """

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    label: str | None = None
    broken: bool = False
    output: str | None = None


@dataclass(frozen=True)
class ToolOutput:
    """What a tool put out, for the use with this ``label``, or, where there is none, for the last use of ``tool``."""

    output: str
    label: str | None = None
    tool: str | None = None


@dataclass(frozen=True)
class NextTurn:
    """The model begins to speak: what it uses from here on belongs to one turn."""


Said: TypeAlias = ToolUse | ToolOutput | NextTurn

#: The names under which the parts of an output with streams stand, in the order in which they are read as one text.
_STREAMS = ("stdout", "stderr")


def word_of(entry: dict[str, Any], *names: str) -> str | None:
    """Return the first of these values that is there, as text. Raises :class:`Malformed` for one that is no text."""
    for name in names:
        value = entry.get(name)
        if value is None:
            continue
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise Malformed(f"{name} is not text")
        return value
    return None


def use_of(tool: str | None, arguments: object, label: str | None, output: str | None = None) -> ToolUse:
    """Return a use. ``arguments`` may be an object or, as APIs have it, an object spelled as text.

    A model may write broken JSON, and its transcript is good all the same: such a use is ``broken``. Raises
    :class:`Malformed` for a use that names no tool.
    """
    import json

    if not tool:
        raise Malformed("a tool call names no tool")
    given = arguments
    if isinstance(arguments, str):
        try:
            given = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            return ToolUse(tool, {"raw": arguments}, label, broken=True, output=output)
    if given is None:
        given = {}
    if not isinstance(given, dict):
        return ToolUse(tool, {"raw": given}, label, broken=True, output=output)
    return ToolUse(tool, given, label, output=output)


def flat(content: object) -> str:
    """Return an output as one text: text itself, or a list of blocks with text, or of objects with streams."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(flat, content))
    if isinstance(content, dict):
        text = content.get("text")
        if isinstance(text, str):
            return text
        if any(isinstance(content.get(name), str) for name in _STREAMS):
            return "".join(flat(content.get(name)) for name in _STREAMS)
        return flat(content.get("content") or content.get("output"))
    return ""
