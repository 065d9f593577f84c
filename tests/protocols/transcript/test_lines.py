"""Lines are the same however their bytes come, and none is too long to hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.lines import Lines


def _all(parts: list[bytes], longest: int = 1000) -> list[tuple[int, bytes]]:
    lines = Lines(longest)
    return [pair for part in parts for pair in lines.feed(part)] + list(lines.end())


def test_numbers_count_blank_lines() -> None:
    assert _all([b"\xef\xbb\xbfa\r\n\n  \nb"]) == [(1, b"a"), (4, b"b")]


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\r", b"x")), st.integers(1, 7))
def test_cuts_do_not_matter(data: bytes, size: int) -> None:
    assert _all([data[at : at + size] for at in range(0, len(data), size)]) == _all([data])


@pytest.mark.parametrize("data", [b"a\n" + b"b" * 11, b"a\n" + b"b" * 11 + b"\nc"])
def test_a_long_line_is_named_and_not_kept(data: bytes) -> None:
    lines = Lines(10)
    with pytest.raises(Malformed, match="longer than 10 bytes"):
        list(lines.feed(data))
    assert lines.number == 2
