"""Chat messages of two APIs, in the words of their documentation."""

from __future__ import annotations

import pytest

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.messages import said_in_message
from vigiles.protocols.transcript.said import NextTurn, ToolOutput, ToolUse


def test_chat_completions() -> None:
    function = {"name": "bash", "arguments": '{"command":"ls"}'}
    asked = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }
    assert said_in_message(asked) == [NextTurn(), ToolUse("bash", {"command": "ls"}, "call_1")]
    told = {"role": "tool", "tool_call_id": "call_1", "content": "a\n"}
    assert said_in_message(told) == [ToolOutput("a\n", "call_1")]
    for role in ("system", "developer", "user"):
        assert said_in_message({"role": role, "content": "hello"}) == []


def test_custom_tools_and_functions_of_the_old_form() -> None:
    custom = {
        "role": "assistant",
        "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "sql", "input": "select"}}],
    }
    assert said_in_message(custom)[1] == ToolUse("sql", {"raw": "select"}, "c", broken=True)
    old = {"role": "assistant", "function_call": {"name": "bash", "arguments": "{}"}}
    assert said_in_message(old) == [NextTurn(), ToolUse("bash")]
    assert said_in_message({"role": "function", "name": "bash", "content": "x"}) == [ToolOutput("x", None, "bash")]


def test_anthropic_blocks() -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {"command": "ls"}}
    asked = {"role": "assistant", "content": [{"type": "text", "text": "I look."}, use]}
    assert said_in_message(asked) == [NextTurn(), ToolUse("bash", {"command": "ls"}, "toolu_1")]
    block = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "a"}]}
    assert said_in_message({"role": "user", "content": [block]}) == [ToolOutput("a", "toolu_1")]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "tool_calls": "none"},
        {"role": "assistant", "tool_calls": ["x"]},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": "bash"}]},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": [], "content": "x"},
    ],
)
def test_what_is_no_message(message: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        said_in_message(message)
