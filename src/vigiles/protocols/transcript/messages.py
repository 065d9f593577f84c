"""Messages of a chat, in the form of OpenAI's Chat Completions and of Anthropic's Messages."""

from __future__ import annotations

from typing import Any

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.said import NextTurn, Said, ToolOutput, flat, use_of, word_of

#: Blocks of Anthropic's that use a tool, and blocks that tell what came of it; those a server performs are named after it.
_USES = ("tool_use", "server_tool_use", "mcp_tool_use")


def said_in_message(message: dict[str, Any]) -> list[Said]:
    """Return what a message says. Raises :class:`Malformed`."""
    role = message.get("role")
    if role in ("tool", "function"):
        return [ToolOutput(flat(message.get("content")), word_of(message, "tool_call_id"), word_of(message, "name"))]
    said: list[Said] = [NextTurn()] if role in ("assistant", "model") else []
    content = message.get("content")
    if isinstance(content, list):
        for block in content:
            said += _block(block)
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        raise Malformed("tool_calls is not a list")
    said += [_call(call) for call in calls or []]
    function = message.get("function_call")
    if isinstance(function, dict):
        said.append(use_of(word_of(function, "name"), function.get("arguments"), None))
    return said


def _call(call: object) -> Said:
    if not isinstance(call, dict):
        raise Malformed("a tool call is not an object")
    # A custom tool has text for an input, and an old harness writes name and arguments beside the id.
    inner = call.get("function") or call.get("custom") or call
    if not isinstance(inner, dict):
        raise Malformed("a tool call's function is not an object")
    given = inner["input"] if "input" in inner else inner.get("arguments")
    return use_of(word_of(inner, "name"), given, word_of(call, "id"))


def _block(block: object) -> list[Said]:
    if not isinstance(block, dict):
        return []
    kind = block.get("type")
    if kind in _USES:
        return [use_of(word_of(block, "name"), block.get("input"), word_of(block, "id"))]
    if isinstance(kind, str) and kind.endswith("tool_result"):
        return [ToolOutput(flat(block.get("content")), word_of(block, "tool_use_id"))]
    return []
