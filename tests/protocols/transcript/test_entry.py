"""Entries of every form are told apart by what they hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.entry import entries_in, said_in
from vigiles.protocols.transcript.said import NextTurn, ToolOutput, ToolUse

USE = ToolUse("bash", {"command": "ls"}, "c1")


@pytest.mark.parametrize(
    "entry",
    [
        {"tool": "bash", "id": "c1", "arguments": {"command": "ls"}},
        {"name": "bash", "call_id": "c1", "input": {"command": "ls"}},
        {"type": "function_call", "call_id": "c1", "name": "bash", "arguments": '{"command":"ls"}'},
    ],
)
def test_single_uses(entry: dict[str, Any]) -> None:
    assert said_in(entry) == [USE]


def test_an_output_may_stand_beside_its_call() -> None:
    (use,) = said_in({"tool": "bash", "arguments": {}, "output": "a"})
    assert isinstance(use, ToolUse)
    assert use.output == "a"


def test_conversations_wrapped_in_many_ways() -> None:
    asked = {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "bash", "input": {"command": "ls"}}]}
    expected = [NextTurn(), USE]
    for entry in (asked, [asked], {"messages": [asked]}, {"history": [asked]}, {"type": "assistant", "message": asked}):
        assert said_in(entry) == expected
    halves = {"input": [{"role": "user", "content": "x"}], "output": [{"type": "function_call_output", "output": "y"}]}
    assert said_in(halves) == [ToolOutput("y")]
    assert entries_in({"messages": [asked, asked]}) == [asked, asked]
    assert entries_in(asked) == [asked]
    assert entries_in([1, 2]) == [1, 2]


@pytest.mark.parametrize("entry", [{"type": "reasoning", "summary": []}, {"role": "system", "content": "x"}, []])
def test_what_uses_no_tool_says_nothing(entry: Any) -> None:
    assert said_in(entry) == []


@pytest.mark.parametrize("entry", [3, None, "x", {}, {"foo": 1}, {"tool": 7.5}, {"tool": ""}, [[[[[[[]]]]]]]])
def test_what_is_no_entry(entry: Any) -> None:
    with pytest.raises(Malformed):
        said_in(entry)


_names = st.sampled_from(
    ["role", "content", "tool_calls", "type", "tool", "name", "arguments", "input", "output", "messages"]
)
_leaf = st.none() | st.text(max_size=5) | st.integers() | st.sampled_from(["assistant", "tool", "tool_use", "function_call"])


@settings(max_examples=40)
@given(st.recursive(_leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4)))
def test_nothing_but_malformed_is_raised(entry: Any) -> None:
    try:
        said = said_in(entry)
    except Malformed:
        return
    assert all(isinstance(one, ToolUse | ToolOutput | NextTurn) for one in said)
