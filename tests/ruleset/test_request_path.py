"""One canonical form of a path: what has it, what has none, and that no reading of a server's leads elsewhere."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.ruleset.request_path import LONGEST, PathInvalid, canonical_path


@pytest.mark.parametrize(
    ("target", "text", "query", "readings"),
    [
        ("/", "/", None, [()]),
        ("/a", "/a", None, [("a",)]),
        ("/a/", "/a/", None, [("a",)]),
        ("/a/b?x=1&y", "/a/b", "x=1&y", [("a", "b")]),
        ("/a?", "/a", None, [("a",)]),
        ("/a?b?c", "/a", "b?c", [("a",)]),
        ("/%41%7e%2d%2E%5f/x", "/A~-._/x", None, [("A~-._", "x")]),
        ("/a%20b%2b%c3%bc", "/a%20b%2B%C3%BC", None, [("a%20b%2B%C3%BC",)]),
        ("/...", "/...", None, [("...",)]),
        ("/a;v=1.2", "/a;v=1.2", None, [("a;v=1.2",)]),
        ("/100%25", "/100%25", None, [("100%25",)]),
        ("/@types%2fnode", "/@types%2Fnode", None, [("@types%2Fnode",), ("@types", "node")]),
        ("/@types/node", "/@types/node", None, [("@types", "node")]),
        ("/x/@s%2fp/-/p.tgz", "/x/@s%2Fp/-/p.tgz", None, [("x", "@s%2Fp", "-", "p.tgz"), ("x", "@s", "p", "-", "p.tgz")]),
    ],
)  # fmt: skip
def test_the_one_form(target: str, text: str, query: str | None, readings: list[tuple[str, ...]]) -> None:
    path = canonical_path(target)
    assert (path.text, path.query, list(path.readings)) == (text, query, readings)


@pytest.mark.parametrize(
    "target",
    [
        "", "a", "*", "http://h/a", "//h/a", "/a//b", "/a//", "/.", "/..", "/a/./b", "/a/../b", "/a/..", "/%2e",
        "/a/%2E%2e/b", "/.%2e/b", "/..;x/b", "/a/..;/b", "/.;/a", "/a%2fb", "/a%2Fb", "/%2f", "/a%5cb", "/a\\b",
        "/a%00", "/a\0", "/%0a", "/%7f", "/a%252fb", "/%252e%252e/a", "/%c0%af", "/%c0%ae%c0%ae/a", "/%ff",
        "/%ef%bc%8f", "/%ef%bc%8e%ef%bc%8e/a", "/a%", "/a%2", "/a%zz", "/a b", "/a#b", "/a?b#c", "/\u00fc", "/a?\u00fc",
        "/a|b", "/a[1]", "/<x>", '/"', "/a\r\nb", "/@a%2f..", "/@..%2f..", "/@a%2f%2e%2e", "/@a%2fb%2fc", "/x@a%2fb",
        "/@a%2f", "/@%2fa", "/" + "a" * LONGEST,
    ],
)  # fmt: skip
def test_no_one_form(target: str) -> None:
    with pytest.raises(PathInvalid) as caught:
        canonical_path(target)
    assert target not in str(caught.value) or len(target) < 3


_PIECE = st.sampled_from(
    ["/", "a", "..", ".", "%2e", "%2F", "%5c", "%25", "2f", "%00", "@s", ";", "?", "%c0%af", "%EF%BC%8F", "%41", "\\", "%"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.one_of(st.lists(_PIECE, max_size=8).map("".join), st.text(max_size=30)))
def test_whatever_has_a_form_keeps_it_and_stays_where_it_is(tail: str) -> None:
    try:
        path = canonical_path("/" + tail)
    except PathInvalid:
        return
    assert canonical_path(path.target) == path
    for reading in path.readings:
        for segment in reading:
            plain = unquote(unquote(segment, errors="strict"), errors="strict")
            assert plain.partition(";")[0] not in ("", ".", "..") or segment.startswith(";")
            assert "\\" not in plain
            assert "\0" not in plain
    # Whoever decodes everything and cuts at slashes then reads one of the readings.
    decoded = unquote(path.text).strip("/").split("/")
    assert decoded in [[unquote(segment) for segment in reading] or [""] for reading in path.readings]
