"""Uses as APIs spell them, and outputs as one text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.said import flat, use_of, word_of


@pytest.mark.parametrize(
    ("arguments", "expected", "broken"),
    [
        ({"command": "ls"}, {"command": "ls"}, False),
        ('{"command": "ls"}', {"command": "ls"}, False),
        ("", {}, False),
        (None, {}, False),
        ('{"command": "ls', {"raw": '{"command": "ls'}, True),
        ('["ls"]', {"raw": ["ls"]}, True),
        ("[" * 100_000, {"raw": "[" * 100_000}, True),
        (7, {"raw": 7}, True),
    ],
)
def test_arguments_in_every_spelling(arguments: Any, expected: dict[str, Any], broken: bool) -> None:
    use = use_of("bash", arguments, "call_1")
    assert (use.arguments, use.broken, use.label) == (expected, broken, "call_1")


@pytest.mark.parametrize("tool", [None, ""])
def test_a_use_names_its_tool(tool: str | None) -> None:
    with pytest.raises(Malformed, match="names no tool"):
        use_of(tool, {}, None)


def test_ids_may_be_numbers_but_not_tables() -> None:
    assert word_of({"id": 7}, "id") == "7"
    assert word_of({"id": None, "call_id": "a"}, "id", "call_id") == "a"
    with pytest.raises(Malformed, match="id is not text"):
        word_of({"id": {}}, "id")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\n", "a\n"),
        ([{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}], "ab"),
        ([{"stdout": "out", "stderr": "err", "outcome": {}}], "outerr"),
        ({"content": "x"}, "x"),
        (None, ""),
        (3, ""),
    ],
)
def test_outputs_are_one_text(content: Any, expected: str) -> None:
    assert flat(content) == expected


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_any_output_is_a_text(content: Any) -> None:
    assert isinstance(flat(content), str)
