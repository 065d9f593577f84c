from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.world.arguments import ArgumentsWrong, flag, number, read, schema, short, text, texts

PARAMETERS = {
    each.name: each
    for each in (
        text("id", "an id"),
        texts("to", "who"),
        text("note", "n", required=False),
        number("count", "n", most=9),
        flag("all", "a"),
    )
}
RIGHT = {"id": "mail-1", "to": ["kyle"], "count": 2}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_what_is_left_out_has_a_value_too() -> None:
    assert read(RIGHT, PARAMETERS) == {"id": "mail-1", "to": ("kyle",), "count": 2, "note": None, "all": False}
    assert read({**RIGHT, "note": None, "to": "kyle"}, PARAMETERS)["to"] == ("kyle",)
    assert read({**RIGHT, "count": 2.0}, PARAMETERS)["count"] == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": 3}, "id must be text"),
        ({"id": " "}, "id is empty"),
        ({"id": "x" * 501}, "longer than 500"),
        ({"id": None}, "id must be text"),
        ({"to": []}, "to is empty"),
        ({"to": [["kyle"]]}, "to must be text"),
        ({"to": {"kyle": 1}}, "to must be a list"),
        ({"to": ["kyle"] * 101}, "more than 100"),
        ({"count": True}, "whole number"),
        ({"count": 1.5}, "whole number"),
        ({"count": float("inf")}, "whole number"),
        ({"count": float("nan")}, "whole number"),
        ({"count": 10}, "between 0 and 9"),
        ({"count": -1}, "between 0 and 9"),
        ({"all": "yes"}, "true or false"),
        ({"bcc": ["mary"]}, "no argument called 'bcc'"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentsWrong, match=said):
        read({**RIGHT, **change}, PARAMETERS)


@pytest.mark.parametrize("missing", RIGHT)
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(ArgumentsWrong, match=f"argument {missing} is missing"):
        read({name: value for name, value in RIGHT.items() if name != missing}, PARAMETERS)


@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys((*PARAMETERS, "other"), JSON)))
def test_nothing_but_arguments_wrong_is_ever_raised(sent: Any) -> None:
    try:
        found = read(sent, PARAMETERS)
        said = ""
        assert set(found) == set(PARAMETERS)
    except ArgumentsWrong as wrong:
        said = str(wrong)
    assert len(said) < 200
    assert said.isprintable()
    assert said.isascii()


def test_a_lone_surrogate_becomes_text_that_can_be_recorded() -> None:
    read({**RIGHT, "id": "a\ud800"}, PARAMETERS)["id"].encode()


def test_a_complaint_quotes_little() -> None:
    assert len(short("x" * 10_000)) == 60
    assert short("a\x1b\u202e") == "'a\\x1b\\u202e'"
    assert short([1]) == "list"


def test_a_model_is_told_the_same_that_is_checked() -> None:
    told = schema(PARAMETERS)
    assert told["required"] == ["id", "to", "count"]
    assert set(told["properties"]) == set(PARAMETERS)
    assert told["additionalProperties"] is False
