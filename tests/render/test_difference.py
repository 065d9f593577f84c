from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.render.difference import difference, is_binary

NO_END = "\\ no newline at the end of the file"


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (None, b"#!/bin/sh\nevil\n", ["@@ -0,0 +1,2 @@", "+#!/bin/sh", "+evil"]),
        (b"a\nb\n", None, ["@@ -1,2 +0,0 @@", "-a", "-b"]),
        (b"x", b"x\n", ["@@ -1 +1 @@", "-x", NO_END, "+x"]),
        (b"a\nb", b"c\nb", ["@@ -1,2 +1,2 @@", "-a", "+c", " b", NO_END]),
        (b"same\n", b"same\n", []),
        (None, b"", []),
        (None, b"\0" * 9, ["binary, 9 bytes"]),
        (b"text\n", b"\0ELF", ["binary, 5 bytes -> 4 bytes"]),
        (b"a\r\n", b"a\n", ["@@ -1 +1 @@", "-a\\r", "+a"]),
        (b"a\n", b"\tb \n", ["@@ -1 +1 @@", "-a", "+\tb "]),
    ],
)
def test_differences(old: bytes | None, new: bytes | None, lines: list[str]) -> None:
    assert difference(old, new) == lines


def test_far_apart_changes_are_hunks_of_their_own() -> None:
    old = [f"line {n}" for n in range(40)]
    new = [*old]
    new[2], new[30] = "two", "thirty"
    shown = difference("\n".join(old).encode() + b"\n", "\n".join(new).encode() + b"\n")
    assert [line for line in shown if line.startswith("@@")] == ["@@ -1,6 +1,6 @@", "@@ -28,7 +28,7 @@"]
    assert [line for line in shown if line[0] in "+-"] == ["-line 2", "+two", "-line 30", "+thirty"]


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[2J", "\u202eevil", "a\rb", "\u2028", "\x0b", "\x85", "zero\u200bwidth", "\x1b]0;title\x07"],
)
def test_what_would_act_on_a_terminal_is_shown(hostile: str) -> None:
    lines = difference(None, f"echo {hostile}\nnext\n".encode())
    assert len(lines) == 3, "only a line feed ends a line"
    assert all(line.isprintable() for line in lines)
    assert lines[2] == "+next"


def test_bytes_that_are_no_utf8_are_shown() -> None:
    assert difference(None, b"caf\xe9\n") == ["@@ -0,0 +1 @@", "+caf\\xe9"]


def test_what_is_left_out_is_counted() -> None:
    lines = difference(None, b"x\n" * 1000, lines=10)
    assert len(lines) == 11
    assert lines[-1] == "… (+991 lines)"
    assert difference(None, b"y" * 500 + b"\n", columns=100)[1] == "+" + "y" * 100 + "…(+400)"
    assert len(difference(None, b"x\n" * 1000, lines=None)) == 1001
    assert difference(None, b"y" * 500 + b"\n", columns=None)[1] == "+" + "y" * 500


def test_ten_megabytes_take_a_moment_and_a_screen() -> None:
    old, new = b"old line of text\n" * 600_000, b"another line\n" * 800_000
    began = time.monotonic()
    lines = difference(old, new)
    assert time.monotonic() - began < 20
    assert len(lines) == 201
    assert lines[-1] == "… (+1399801 lines)"
    assert difference(b"x", b"y" * (17 << 20)) == [f"too large to compare as text, 1 bytes -> {17 << 20} bytes"]


def test_a_file_made_to_be_slow_is_not() -> None:
    began = time.monotonic()
    assert difference(b"a\nb\n" * 900 + b"c\n", b"b\na\n" * 900)
    assert time.monotonic() - began < 10


def test_a_nul_makes_it_binary() -> None:
    assert is_binary(b"a\0b")
    assert not is_binary(b"")


TEXTS = st.lists(st.sampled_from(["a", "b", "", "c\r", "\x1b[1m", "long " * 9]), max_size=30).map(
    lambda lines: "\n".join(lines).encode()
)


@settings(max_examples=150)
@given(old=TEXTS, new=TEXTS)
def test_both_sides_can_be_read_off(old: bytes, new: bytes) -> None:
    """Marks and counts of every hunk fit, and the lines outside the hunks are equal."""
    lines = difference(old, new, lines=None, columns=None)
    assert bool(lines) == (old != new)
    minus = [line for line in lines if line.startswith("-")]
    plus = [line for line in lines if line.startswith("+")]
    count_old, count_new = (side.count(b"\n") + bool(side and not side.endswith(b"\n")) for side in (old, new))
    assert count_old - len(minus) == count_new - len(plus)
    for head in (line for line in lines if line.startswith("@@")):
        told = [int(part.split(",")[1]) if "," in part else 1 for part in head[4:-3].split(" +")]
        at = lines.index(head)
        rest = lines[at + 1 :]
        hunk = rest[: next((n for n, line in enumerate(rest) if line.startswith("@@")), len(rest))]
        assert told == [sum(line[:1] in (" ", mark) for line in hunk) for mark in "-+"]
