from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.turns import said_by, spoken, turns_of, words_of

_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["role", "content", "type", "text", "tool_calls", "function", "args", "name", "input", "id"]),
        inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


def test_every_form_of_a_turn_is_read() -> None:
    openai = {"role": "assistant", "reasoning_content": "hm", "content": "so",
              "tool_calls": [{"id": "1", "function": {"name": "send", "arguments": '{"to": "a"}'}}]}  # fmt: skip
    anthropic = {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "so"},
        {"type": "tool_use", "id": "1", "name": "send", "input": {"to": "a"}}]}  # fmt: skip
    inspect = {"role": "assistant", "content": [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "so"}],
               "tool_calls": [{"id": "1", "function": "send", "arguments": {"to": "a"}, "type": "function"}]}  # fmt: skip
    dojo = {"role": "assistant", "reasoning": "hm", "content": [{"type": "text", "content": "so"}],
            "tool_calls": [{"id": "1", "function": "send", "args": {"to": "a"}, "placeholder_args": None}]}  # fmt: skip
    assert spoken(openai) == spoken(anthropic) == spoken(inspect) == spoken(dojo)
    assert spoken(dojo).uses[0].arguments == {"to": "a"}


def test_thinking_inside_the_text_is_thinking() -> None:
    turn = spoken({"role": "assistant", "content": "<think>hm</think>so<SCRATCHPAD_REASONING>cut off"})
    assert turn.reasoning == "hm\ncut off"
    assert turn.text == "so"


def test_prompt_turns_and_answers_are_told_apart() -> None:
    prompt, turns = turns_of([
        {"role": "system", "content": "be good"}, {"role": "user", "content": [{"type": "text", "text": "go"}]},
        {"role": "assistant", "content": "a"}, {"role": "tool", "content": "out"}, {"role": "user", "content": "more"},
        {"role": "assistant", "content": "b"}, {"role": "user", "content": [{"type": "tool_result", "content": "out2"}]},
    ])  # fmt: skip
    assert prompt == "be good\ngo"
    assert [(turn.text, turn.answers) for turn in turns] == [("a", ("out",)), ("b", ("out2",))]


@pytest.mark.parametrize(
    "messages",
    [None, {}, [1], [{"role": "assistant", "tool_calls": 1}], [{"role": "assistant", "tool_calls": [1]}],
     [{"role": "assistant", "tool_calls": [{"function": 3}]}]],
)  # fmt: skip
def test_what_is_no_conversation_is_refused(messages: object) -> None:
    with pytest.raises(Malformed):
        turns_of(messages)


def test_deep_values_are_cut_not_followed() -> None:
    deep: Any = "end"
    for _ in range(2000):
        deep = [deep]
    assert said_by(deep) == words_of(deep) == ""


@settings(max_examples=150, deadline=None)
@given(_JSON | st.lists(_JSON.map(lambda inner: {"role": "assistant", "content": inner, "tool_calls": [inner]}), max_size=3))
def test_anything_is_read_or_refused(value: object) -> None:
    try:
        prompt, turns = turns_of(value)
    except Malformed:
        return
    assert isinstance(prompt, str)
    assert all(isinstance(turn.reasoning, str) and isinstance(turn.text, str) for turn in turns)
