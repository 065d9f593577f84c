from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.render.text import safe, safe_argv

HOSTILE = [
    ("a\x1b[31mred", "a\\x1b[31mred"),
    ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
    ("\x9b31m", "\\x9b31m"),
    ("line\r\nforged: ok", "line\\r\\nforged: ok"),
    ("tab\there", "tab\\there"),
    ("nul\x00end", "nul\\x00end"),
    ("access\u202enimda", "access\\u202enimda"),
    ("iso\u2066late\u2069", "iso\\u2066late\\u2069"),
    ("arabic\u061cmark", "arabic\\u061cmark"),
    ("zero\u200bwidth", "zero\\u200bwidth"),
    ("join\u200d\ufeffer", "join\\u200d\\ufeffer"),
    ("sep\u2028para\u2029", "sep\\u2028para\\u2029"),
    ("tags\U000e0041", "tags\\U000e0041"),
    ("filler\u3164", "filler\\u3164"),
    ("soft\u00adhyphen", "soft\\xadhyphen"),
    ("nbsp\u00a0x", "nbsp\\xa0x"),
    ("surrogate\udc80", "surrogate\\udc80"),
    ("variation\ufe0f", "variation\\ufe0f"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_what_acts_or_hides_becomes_visible(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize("text", ["plain", "", "[bold]x[/bold]", "naïve café", "日本語", "a\\b", "e\u0301te\u0301", "→ ✓"])
def test_honest_text_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_marks_stacked_over_other_lines_are_escaped() -> None:
    assert safe("e" + "\u0301" * 4) == "e\u0301\u0301\\u0301\\u0301"


def test_long_text_is_cut_and_says_how_much() -> None:
    assert safe("x" * 250) == "x" * 200 + "…(+50)"
    assert safe("x" * 10, limit=4) == "xxxx…(+6)"


def test_an_escape_is_never_cut_in_half() -> None:
    assert safe("abc\x1bdef", limit=5) == "abc…(+4)"


@settings(max_examples=300)
@given(st.text(alphabet=st.characters(), max_size=80), st.integers(1, 60))
def test_nothing_hidden_ever_comes_out_and_the_length_is_bounded(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    assert len(shown) <= limit + len(f"…(+{len(text)})")


def test_argv_reads_as_a_shell_line() -> None:
    assert safe_argv(["git", "commit", "-m", "two words"]) == "git commit -m 'two words'"
    assert safe_argv(["echo", "\x1b[2J"]) == "echo '\\x1b[2J'"
    assert safe_argv(["", "a"]) == "'' a"
    assert safe_argv([]) == ""


def test_argv_is_bounded_in_arguments_and_in_length() -> None:
    assert safe_argv(["x"] * 10_000).endswith("arguments)")
    assert len(safe_argv(["x" * 1_000_000] * 50)) < 300


@settings(max_examples=100)
@given(st.lists(st.text(alphabet=st.characters(), max_size=40), max_size=30))
def test_argv_never_shows_a_control_character(argv: list[str]) -> None:
    shown = safe_argv(argv)
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    assert len(shown) < 300
