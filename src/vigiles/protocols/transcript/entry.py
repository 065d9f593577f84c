"""One entry of a trajectory, whatever form it has."""

from __future__ import annotations

from typing import Any

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.items import is_item, said_in_item
from vigiles.protocols.transcript.messages import said_in_message
from vigiles.protocols.transcript.said import Said, flat, use_of, word_of

#: Where a document, or a line that holds a whole conversation, keeps its entries.
_LISTS = ("messages", "history", "trajectory", "items")
#: What went to the model and what came back, in the Responses form.
_HALVES = ("input", "output")
_MAX_DEPTH = 4


def said_in(entry: object, _depth: int = 0) -> list[Said]:
    """Return what an entry says, nothing for one without a tool (a system message, a reasoning item).

    An entry may be a list of entries, or an object that holds such a list. Raises :class:`Malformed` for anything else.
    """
    if _depth > _MAX_DEPTH:
        raise Malformed("entries are nested too deeply")
    if isinstance(entry, list):
        return [one for part in entry for one in said_in(part, _depth + 1)]
    if not isinstance(entry, dict):
        raise Malformed("an entry is neither an object nor a list")
    if is_item(entry):
        return said_in_item(entry)
    if "role" in entry:
        return said_in_message(entry)
    if isinstance(entry.get("message"), dict):
        return said_in(entry["message"], _depth + 1)
    if _is_use(entry):
        return [_use(entry)]
    if (listed := _listed(entry)) is not None:
        return said_in(listed, _depth + 1)
    if isinstance(entry.get("type"), str) and "tool" not in entry:
        return []  # an item without a tool: reasoning, a summary
    raise Malformed("an entry is no tool call, no message and no conversation")


def entries_in(document: object) -> list[object]:
    """Return the entries of a whole document: those of its list, or itself."""
    if isinstance(document, list):
        return document
    if isinstance(document, dict) and "role" not in document and not _is_use(document) and not is_item(document):
        listed = _listed(document)
        if listed is not None:
            return listed
    return [document]


def _listed(entry: dict[str, Any]) -> list[object] | None:
    """Return the entries that an object holds, None for one that holds none."""
    for name in _LISTS:
        if isinstance(entry.get(name), list):
            return list(entry[name])
    halves = [entry[name] for name in _HALVES if isinstance(entry.get(name), list)]
    return [one for half in halves for one in half] if halves else None


def _is_use(entry: dict[str, Any]) -> bool:
    return "tool" in entry or ("name" in entry and ("arguments" in entry or "input" in entry))


def _use(entry: dict[str, Any]) -> Said:
    given = entry["arguments"] if "arguments" in entry else entry.get("input")
    output = flat(entry["output"]) if entry.get("output") is not None else None
    return use_of(word_of(entry, "tool", "name"), given, word_of(entry, "id", "call_id"), output)
