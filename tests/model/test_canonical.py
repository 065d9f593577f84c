from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from vigiles.model import canonical
from vigiles.model.plain import SAFE_INTEGER, plain, text

safe_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ascii_keys = st.text(st.characters(max_codepoint=127), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | safe_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ascii_keys, inner, max_size=4),
    max_leaves=20,
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.binary(max_size=10)
    | st.just(object),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(max_size=5) | st.integers() | st.sampled_from(["$int", "$map", "$float"]), inner, max_size=3
        )
    ),
    max_leaves=15,
)


@given(values)
def test_our_bytes_are_the_standards_bytes(value: Any) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(values)
def test_bytes_parse_back_and_are_stable(value: Any) -> None:
    encoded = canonical.encode(value)
    assert json.loads(encoded) == value
    assert canonical.encode(json.loads(encoded)) == encoded
    assert canonical.digest(value) == hashlib.sha256(encoded).hexdigest()


def test_characters_that_encoders_disagree_on() -> None:
    value = {"text": '\x00\x1f\x7f"\\/\u2028\u2029é€😀\b\t\n\f\r'}
    assert canonical.encode(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        [0.0],
        {"a": {"b": -0.0}},
        SAFE_INTEGER + 1,
        [-SAFE_INTEGER - 1],
        {"é": 1},
        {"a": [{"ключ": 1}]},
        "\ud800",
        ["a", {"b": "\udfff"}],
    ],
)
def test_what_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.encode(value)


@given(anything)
def test_plain_makes_anything_canonical(value: Any) -> None:
    made = plain(value)
    assert canonical.encode(made) == rfc8785.dumps(made)


@given(st.text() | st.binary())
def test_text_fits_utf8(value: str | bytes) -> None:
    assert text(value).encode("utf-8").decode("utf-8") == text(value)


def test_nesting_without_end_is_cut() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert b"nested too deeply" in canonical.encode(plain(deep))


class Closed(msgspec.Struct, frozen=True):
    """A record without fields of any type: encoded at one go."""

    number: int
    words: list[str] = []
    by_name: dict[str, int] = {}


@pytest.mark.parametrize(
    "record",
    [
        Closed(SAFE_INTEGER + 1),
        Closed(-SAFE_INTEGER - 1),
        Closed(10**30),
        Closed(1.5),  # type: ignore[arg-type]
        Closed(1e300),  # type: ignore[arg-type]
        Closed(0, by_name={"a": 2**53}),
        Closed(0, by_name={"é": 1}),
        Closed(0, words=["\ud800"]),
    ],
)
def test_a_closed_record_without_canonical_form(record: Closed) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.encode(record)


@given(st.integers(-SAFE_INTEGER, SAFE_INTEGER), st.lists(safe_text | st.sampled_from([":1.5", ",99999999999999999"])))
def test_a_closed_record_has_the_standards_bytes(number: int, words: list[str]) -> None:
    record = Closed(number, words, {"a": number, "B": 0})
    assert canonical.encode(record) == rfc8785.dumps(msgspec.to_builtins(record))


@given(values)
def test_canonical_bytes_are_read(value: Any) -> None:
    assert canonical.parse(canonical.encode(value)) == value


def accepted(data: bytes) -> bool:
    """What ``parse`` is for, said slowly: these bytes are the only ones for their value."""
    try:
        return canonical.encode(json.loads(data.decode())) == data
    except (ValueError, RecursionError):
        return False


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a":9007199254740991}',
        '{"a":9007199254740992}',
        '{"a":-9007199254740991}',
        '{"a":-9007199254740992}',
        "9007199254740992",
        "-9007199254740992",
        "12345678901234567",
        '{"a":12345678901234567}',
        '{"a":123456789012345678901234567890}',
        '{"a":1.0}',
        '{"a":1.5}',
        "1.5",
        '{"a":1e5}',
        '{"a":-0}',
        '{"a":01}',
        '{"a":NaN}',
        '{"a":"\\ud800"}',
        '{"a":"\\u00e9"}',
        '{"a":"é"}',
        '{"é":1}',
        '{"\\u00e9":1}',
        '{"a":1,"a":1}',
        '{"b":1,"a":1}',
        '{"a":1, "b":1}',
        '{"a":"\\/"}',
        '{"a":1}x',
        "",
        "[" * 100_000,
        '{"a":"12345678901234567.5"}',
    ],
)
def test_parse_takes_what_encode_gives_and_nothing_else(text: str) -> None:
    if accepted(text.encode()):
        assert canonical.encode(canonical.parse(text.encode())) == text.encode()
    else:
        with pytest.raises(canonical.NotCanonical):
            canonical.parse(text.encode())


@given(st.binary(max_size=40) | values.map(lambda value: json.dumps(value).encode()))
def test_parse_agrees_with_the_slow_way(data: bytes) -> None:
    if accepted(data):
        canonical.parse(data)
    else:
        with pytest.raises(canonical.NotCanonical):
            canonical.parse(data)
