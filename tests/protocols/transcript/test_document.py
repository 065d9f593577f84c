from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.document import document, objects


def test_a_document_and_lines_are_read() -> None:
    assert document(b'\xef\xbb\xbf{"a": 1}'.removeprefix(b"\xef\xbb\xbf")) == {"a": 1}
    assert list(objects(b'{"a": 1}\n\n{"b": 2}')) == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"9" * 10_000])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        document(data)


def test_a_line_that_is_no_object_is_named() -> None:
    with pytest.raises(Malformed, match="line 2"):
        list(objects(b"{}\n3\n"))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (document, lambda data: list(objects(data))):
        try:
            read(data)
        except Malformed:
            pass
