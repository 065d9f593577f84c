from __future__ import annotations

from typing import Any

import pytest

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.agentdojo import is_run, run

_RUN: dict[str, Any] = {
    "run_id": "r1", "suite_name": "office_suite", "domain": "office", "pipeline_name": "m", "security": True,
    "messages": [
        {"role": "system", "content": [{"type": "text", "content": "help"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"function": "look", "args": {"x": 1}, "id": "c"}]},
        {"role": "tool", "content": [{"type": "text", "content": "found"}], "tool_call_id": "c"},
    ],
}  # fmt: skip


def test_a_run_is_a_case() -> None:
    case = run(_RUN)
    assert is_run(_RUN)
    assert (case.id, case.behaviour, case.model, case.harmful, case.prompt) == ("r1", "office", "m", False, "help")
    assert case.turns[0].uses[0].tool == "look"
    assert case.turns[0].answers == ("found",)


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"security": False}, True),
        ({"security": None}, None),
        ({"security": None, "metrics": {"forbidden_behavior": True}}, True),
    ],
)
def test_the_label_stands_in_several_places(change: dict[str, Any], label: bool | None) -> None:
    assert run({**_RUN, **change}).harmful is label


@pytest.mark.parametrize("value", [None, [], {}, {"messages": 1}])
def test_what_is_something_else_is_refused(value: object) -> None:
    assert not is_run(value)
    with pytest.raises(Malformed):
        run(value)
