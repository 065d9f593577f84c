"""Every record type: round trip, canonical, closed. Strategies come from the types: a new type is tested by itself."""

from __future__ import annotations

import json
import types
import typing
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.model import canonical
from vigiles.model.plain import SAFE_INTEGER
from vigiles.model.union import EVENT_TYPES, Recorded, decode

safe_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | safe_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXYZ_$", max_size=4), inner, max_size=3),
    max_leaves=6,
)


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """A strategy for every value that a field's type admits."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return plain_values
    if kind is str:
        return safe_text
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(-SAFE_INTEGER, SAFE_INTEGER)
    if kind is type(None):
        return st.none()
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, arguments))
    if origin is list:
        return st.lists(values_of(arguments[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(st.text("abc", max_size=3), values_of(arguments[1]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{name: values_of(hints[name]) for name in kind.__struct_fields__})
    raise AssertionError(f"no strategy for {kind!r}")


def test_the_union_names_every_type_once() -> None:
    assert len(EVENT_TYPES) == len(get_args(Recorded)) >= 25
    assert all(name.replace("_", "").isalnum() and name.islower() for name in EVENT_TYPES)


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_round_trip(name: str, data: st.DataObject) -> None:
    record = data.draw(values_of(EVENT_TYPES[name]))
    encoded = canonical.encode(record)
    again = decode(encoded)
    assert again == record
    assert type(again) is type(record)
    assert canonical.encode(again) == encoded
    assert json.loads(encoded)["type"] == name
    assert rfc8785.dumps(json.loads(encoded)) == encoded


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_closed_and_frozen(name: str, data: st.DataObject) -> None:
    record = data.draw(values_of(EVENT_TYPES[name]))
    body = json.loads(canonical.encode(record))
    with pytest.raises(msgspec.ValidationError):
        decode(json.dumps(body | {"unknown_field": 1}).encode())
    with pytest.raises(msgspec.ValidationError):
        decode(json.dumps({key: value for key, value in body.items() if key != "id"}).encode())
    with pytest.raises(AttributeError):
        record.id = "other"


@pytest.mark.parametrize("data", [b'{"type":"unheard_of"}', b"{}", b"[]", b'{"id":"a","type":"act"}'])
def test_what_is_no_record(data: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(data)
