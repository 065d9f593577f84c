from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.json_stream import WINDOW, JsonObjects

_objects = st.lists(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers() | st.text(max_size=5), min_size=1), max_size=4
)


@settings(max_examples=100)
@given(objects=_objects, between=st.sampled_from([b"", b"\n", b"\r\n\r\n", b"junk ", b"\x00\xff"]),
       sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3))  # fmt: skip
def test_every_object_is_found(pieces: Any, objects: list[Any], between: bytes, sizes: list[int]) -> None:
    stream = between.join([b"", *(json.dumps(one).encode() for one in objects), b""])
    reader = JsonObjects()
    assert [found for piece in pieces(stream, sizes) for found in reader.feed(piece)] == objects


def test_an_unfinished_object_does_not_hide_the_next_lines() -> None:
    reader = JsonObjects()
    assert reader.feed(b'{"a": [\n') == []
    assert reader.feed(b'{"b": 1}\n') == []
    assert reader.feed(b'{"c": 2}\n') == [{"b": 1}, {"c": 2}]


def test_the_window_ends() -> None:
    reader = JsonObjects()
    reader.feed(b" " * (WINDOW - 4))
    assert reader.feed(b'{"a": 1}') == []
    assert reader.exhausted
