"""Signals from a shim's bytes: a few a second, and the first line that no shim would send is an error."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.runtime.serving.shim_signals import FORWARDED, LONGEST_LINE, PER_SECOND, SignalLines

TERM = b'{"signal": 15}\n'


def test_each_forwarded_signal_is_read() -> None:
    lines = SignalLines(since=0.0)
    data = b"".join(json.dumps({"signal": int(number)}).encode() + b"\n" for number in FORWARDED)
    assert lines.feed(data, 0.0) == [int(number) for number in FORWARDED]
    assert not lines.flooded


@given(cut=st.lists(st.integers(0, 3 * len(TERM)), max_size=6))
def test_lines_come_in_any_parts(cut: list[int]) -> None:
    data, lines, found = TERM * 3, SignalLines(since=0.0), []
    places = [0, *sorted(cut), len(data)]
    for begin, end in pairwise(places):
        found += lines.feed(data[begin:end], 0.0)
    assert found == [15, 15, 15]


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"15",
        b"null",
        b"",
        b"nonsense",
        b"\xff",
        b'{"signal": "15"}',
        b'{"signal": true}',
        b'{"signal": 15.0}',
        b'{"signal": 0}',
        b'{"signal": -15}',
        b'{"signal": 9}',
        b'{"signal": 19}',
        b'{"signal": 65}',
        b'{"signal": 1e999}',
        b'{"signal": 15}' + b" " * LONGEST_LINE,
    ],
)
def test_a_line_that_no_shim_sends_is_an_error(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a shim's line"):
        SignalLines(since=0.0).feed(line + b"\n", 0.0)


def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    lines = SignalLines(since=0.0)
    assert lines.feed(b" " * LONGEST_LINE, 0.0) == []
    with pytest.raises(ValueError, match="it is too long"):
        lines.feed(b" ", 0.0)


def test_a_flood_is_dropped_beyond_the_rate() -> None:
    lines = SignalLines(since=100.0)
    passed = 0
    for tick in range(200):  # two seconds of it
        passed += len(lines.feed(TERM * 250, 100.0 + tick / 100))
        assert lines.flooded
    assert 2 * PER_SECOND <= passed <= 3 * PER_SECOND
    assert lines.feed(TERM, 103.0) == [15], "who waits is heard again"
    assert not lines.flooded
