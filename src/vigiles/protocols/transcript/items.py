"""Items of OpenAI's Responses form: calls and their outputs stand beside the messages, not in them."""

from __future__ import annotations

from typing import Any

from vigiles.protocols.transcript.said import Said, ToolOutput, flat, use_of, word_of

_CALL, _OUTPUT = "_call", "_call_output"
#: Calls whose arguments stand under ``action``.
_ACTIONS = ("local_shell_call", "shell_call", "computer_call", "web_search_call", "apply_patch_call")


def is_item(entry: dict[str, Any]) -> bool:
    """Say whether an entry is a call or an output of this form."""
    kind = entry.get("type")
    return isinstance(kind, str) and kind.endswith((_CALL, _OUTPUT))


def said_in_item(entry: dict[str, Any]) -> list[Said]:
    """Return what an item says. Raises :class:`Malformed`."""
    kind = str(entry.get("type"))
    label = word_of(entry, "call_id", "id")
    if kind.endswith(_OUTPUT):
        return [ToolOutput(flat(entry.get("output")), label)]
    if kind in _ACTIONS:
        action = entry.get("action", entry.get("operation"))
        return [use_of(kind.removesuffix(_CALL), action, label)]
    given = entry["input"] if "input" in entry else entry.get("arguments", {})
    return [use_of(word_of(entry, "name") or kind.removesuffix(_CALL), given, label)]
