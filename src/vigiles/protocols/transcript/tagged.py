"""Tool calls that a model wrote into its text, in tags, because nobody read them out of it.

Forms: ``<tool_call>`` round a JSON object (Hermes, Qwen 2.5), and round ``<function=NAME>`` with ``<parameter=NAME>`` inside
(Qwen 3 coder). Where a harness understood the tags, they are no longer in the text.
"""

from __future__ import annotations

import json
import re

from vigiles.protocols.transcript.said import ToolUse, use_of

_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|$)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^>\s]{1,200})>(.*?)(?:</function>|$)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]{1,200})>\n?(.*?)\n?(?:</parameter>|$)", re.DOTALL)
_MOST = 100


def tagged(text: str) -> tuple[tuple[ToolUse, ...], str]:
    """Return the tool calls written into a text, and the text without them; what cannot be read stays text."""
    if "<tool_call>" not in text:
        return (), text
    uses: list[ToolUse] = []

    def taken(match: re.Match[str]) -> str:
        found = _read(match[1]) if len(uses) < _MOST else []
        uses.extend(found)
        return "" if found else match[0]

    rest = _CALL.sub(taken, text)
    return tuple(uses), rest


def _read(inner: str) -> list[ToolUse]:
    functions = _FUNCTION.findall(inner)
    if functions:
        return [use_of(name, dict(_PARAMETER.findall(body)), "") for name, body in functions[:_MOST]]
    try:
        call = json.loads(inner)
    except (ValueError, RecursionError):
        return []
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return []
    return [use_of(call["name"], call.get("arguments"), "")]
