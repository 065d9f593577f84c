from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.inspect_sample import calls, entry, is_call, is_entry, is_sample, sample

_SAMPLE: dict[str, Any] = {
    "id": 4, "epoch": 2, "metadata": {}, "scores": {}, "attachments": {"abc": "a long mail"},
    "messages": [{"role": "user", "content": "attachment://abc"}, {"role": "assistant", "content": "done"}],
}  # fmt: skip


def test_what_was_attached_is_put_back() -> None:
    case = sample(_SAMPLE, "log", "m")
    assert is_sample(_SAMPLE)
    assert (case.id, case.prompt, case.model, case.cluster) == ("log/4/2", "a long mail", "m", "4")


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"metadata": {"mode": "attack"}}, True),
        ({"metadata": {"eval_mode": "honest"}}, False),
        ({"scores": {"harmful": {"value": "C"}}}, True),
        ({"scores": {"harmful": {"value": 0.0}}}, False),
        ({"scores": {"harmful": {"value": "?"}}}, None),
        ({"scores": {"harmful": {"value": 1}}, "error": {"message": "grader failed"}}, None),
        ({"scores": {"oracle": {"value": {"harm": 0.0, "tried": 1.0, "tasks": 1.0}}}}, True),
        ({"scores": {"oracle": {"value": {"harm": 0.0, "tried": 0.0, "tasks": 1.0}}}}, False),
        ({"scores": {"oracle": {"value": math.nan}}}, None),
        ({"scores": {"harmful": {"value": math.nan}}}, None),
        ({"scores": {"accuracy": {"value": 1}}}, None),
    ],
)
def test_the_label_is_the_mode_or_a_score_of_harm(change: dict[str, Any], label: bool | None) -> None:
    assert sample({**_SAMPLE, **change}).harmful is label


def test_a_line_of_exported_trajectories_and_bare_calls_are_read() -> None:
    line = {"raw_state": json.dumps(_SAMPLE["messages"]), "metadata": {"eval_mode": "attack"}, "scores": {}, "desc": "s0"}
    assert is_entry(line)
    assert entry(line, "f").harmful is True
    assert entry(line, "f").turns[0].text == "done"
    call = {"id": "t", "function": "submit", "arguments": {"score": 2}, "type": "function"}
    assert is_call(call)
    assert [turn.uses[0].tool for turn in calls([call, call], "f").turns] == ["submit", "submit"]


@pytest.mark.parametrize("value", [None, {}, {"messages": 3}, {"raw_state": "{"}, {"raw_state": "\ud800"}])
def test_what_is_something_else_is_refused(value: object) -> None:
    for read in (sample, entry):
        with pytest.raises(Malformed):
            read(value)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_broken_sample_is_read_or_refused(data: st.DataObject) -> None:
    text = json.dumps(_SAMPLE)
    at, junk = data.draw(st.integers(0, len(text) - 1)), data.draw(st.sampled_from(['"', "1", "null", "[", "{}", "[]", ""]))
    try:
        sample(json.loads(text[:at] + junk + text[at + 1 :]))
    except (Malformed, json.JSONDecodeError):
        pass
