from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.honey import Stream, fold, found, longest, token_of

SALT = b"s" * 16
TOKEN = "Zk3vQ9xT1mB7yL5wR2pCa8Nd4Fh6Jg0K"
TOKENS = [token_of("file:x", TOKEN, SALT)]


def test_the_commitments_do_not_tell_the_token() -> None:
    told = msgspec.json.encode(TOKENS).decode()
    assert TOKEN[:6] in told
    assert TOKEN[:7] not in told
    assert TOKEN[7:] not in told


@pytest.mark.parametrize("before", ["", "a", "ab", "user:", "Zk3vQ9", "Zk3vQ9Zk3vQ9x"])
@pytest.mark.parametrize("after", ["", "z", "zz", "\n"])
def test_every_spelling_is_found_wherever_it_stands(before: str, after: str) -> None:
    text = (before + TOKEN + after).encode()
    assert found(text, TOKENS, SALT) == ["file:x"]
    assert found(b"Authorization: Basic " + base64.b64encode(text), TOKENS, SALT) == ["file:x"]
    assert found(text.hex().encode(), TOKENS, SALT) == ["file:x"]


def test_a_name_is_compared_folded() -> None:
    name = f"{TOKEN[:16].lower()}.{TOKEN[16:].lower()}.example.com"
    assert found(fold(name.encode()), TOKENS, SALT, folded=True) == ["file:x"]
    assert found(name.encode(), TOKENS, SALT) == []


@pytest.mark.parametrize("text", ["", TOKEN[:6], TOKEN[:-1], TOKEN[:-1] + "x", TOKEN.lower(), TOKEN[:6] * 50])
def test_what_is_not_the_token_is_not_found(text: str) -> None:
    assert found(text.encode(), TOKENS, SALT) == []
    assert found(text.encode(), TOKENS, b"other") == []


@settings(max_examples=100)
@given(st.binary(max_size=80), st.lists(st.integers(0, 200), max_size=6))
def test_a_stream_cut_anywhere_shows_it_once(before: bytes, cuts: list[int]) -> None:
    data = before + TOKEN.encode() + b"after"
    stream, names, start = Stream(TOKENS, SALT), [], 0
    for cut in [*sorted(cuts), len(data)]:
        names += stream.feed(data[start:cut])
        start = max(start, cut)
    assert names == ["file:x"]
    assert stream.feed(TOKEN.encode()) == []


def test_without_tokens_nothing_is_kept() -> None:
    assert longest([]) == 0
    assert Stream([], SALT).feed(b"x" * 100) == []
