from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.protocols.authority import split_absolute, split_authority
from vigiles.protocols.malformed import Malformed


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("a.example:443", None, ("a.example", 443)),
        ("a.example", 80, ("a.example", 80)),
        ("[::1]:8080", None, ("::1", 8080)),
        ("[::1]", 80, ("::1", 80)),
        ("127.0.0.1:1", None, ("127.0.0.1", 1)),
    ],
)
def test_authorities(text: str, default: int | None, expected: tuple[str, int]) -> None:
    assert split_authority(text, default) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", ":80", "a.example", "a.example:", "a.example:0", "a.example:65536", "a.example:+80", "a.example:8 0", "a:b:80",
        "user@a.example:80", "a.example:80@evil.example:80", "a.example/:80", "a.example\\:80", "a.example?:80", "a#b:80",
        "a%2eexample:80", "[::1:80", "[a.example]:80", "[::1]80", "ü.example:80", "a.example:８０", "a\0b:80", "a b:80",
    ],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        split_authority(text, None)


def test_absolute_targets() -> None:
    assert split_absolute("http://a.example/p?q#".rstrip("#")) == ("a.example", 80, "/p?q")
    assert split_absolute("HTTP://a.example:81?q") == ("a.example", 81, "/?q")
    assert split_absolute("http://a.example") == ("a.example", 80, "/")
    assert split_absolute("http://a.example/x@evil.example") == ("a.example", 80, "/x@evil.example")
    for bad in ("/p", "https://a/", "http:///p", "http://a@b/", "http://a.example/#f", "http:/a.example/", "ftp://a/"):
        with pytest.raises(Malformed):
            split_absolute(bad)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    for one in (text, f"http://{text}"):
        try:
            split_absolute(one)
            split_authority(one, 80)
        except Malformed:
            pass
