"""Bytes in places that nobody reads: what counts, what does not, and what is paid for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.protocols.hidden import PAID, Hidden, name_bytes, parent_of
from vigiles.protocols.http import Fields

HOST = "h.example"


def ask(hidden: Hidden, target: str, fields: Fields = [], status: int = 404, size: int = 0) -> tuple[int, int, int]:  # noqa: B006 - only read
    """Send a request and settle it; return what counts of path, query and fields."""
    weighed = hidden.weigh(HOST, target, fields)
    hidden.take(weighed, HOST)
    left = hidden.answered(weighed, HOST, target, status, size, 0)
    assert left.carried == hidden.carried, "there is one host only"
    return left.path, left.query, left.fields


def test_what_is_new_counts_once() -> None:
    hidden = Hidden()
    assert ask(hidden, "/note-one?k=v", [("X-Note", "abc")]) == (8, 3, 9)
    assert ask(hidden, "/note-one?k=v", [("X-Note", "abc")]) == (0, 0, 0)
    assert ask(hidden, "/note-one/two?k=v&l=w", [("x-note", "abd")]) == (3, 3, 3)
    assert hidden.carried == 8 + 3 + 9 + 3 + 3 + 3


def test_a_path_that_leads_to_something_is_no_note_but_a_query_is() -> None:
    hidden = Hidden()
    assert ask(hidden, "/simple/pip/", status=200, size=100) == (0, 0, 0)
    assert ask(hidden, "/simple/pop/", status=304) == (0, 0, 0)
    assert ask(hidden, "/simple/pip/?data=secret", status=200, size=100) == (0, 11, 0)
    assert ask(hidden, "/nothing-here", status=404) == (12, 0, 0)
    assert ask(hidden, "/nothing-there", status=302) == (13, 0, 0)


def test_a_thing_pays_once_for_a_little_in_the_fields_beside() -> None:
    hidden = Hidden()
    for number in range(500):
        fields = [
            ("pacote-pkg-id", f"registry:package-{number}@1.0.{number}"),
            ("pacote-integrity", f"sha512-{number:086}=="),
        ]
        ask(hidden, f"/package-{number}/-/package-{number}.tgz", fields, status=200, size=5000)
    assert hidden.carried < 2 * PAID
    for number in range(100):
        ask(hidden, "/package-1/-/package-1.tgz", [("X-Note", f"{number:0200}")], status=200, size=5000)
    assert hidden.carried >= 100 * 200 - PAID


def test_credentials_cookies_and_client_names_are_what_they_are_the_first_time() -> None:
    hidden = Hidden()
    fields: Fields = [
        ("Authorization", "Bearer " + "x" * 2000),
        ("Cookie", "a=" + "y" * 4000 + "; b=1"),
        ("User-Agent", "z" * 500),
    ]
    _, _, first = ask(hidden, "/", fields)
    assert first == len("authorization") + len("cookie") + len("user-agent")
    assert ask(hidden, "/", fields) == (0, 0, 0)
    assert ask(hidden, "/", [("Cookie", "a=" + "y" * 4000 + "; c=22")]) == (0, 0, 4)
    assert ask(hidden, "/", [("Authorization", "Bearer " + "w" * 2000)]) == (0, 0, 2007)


def test_what_the_host_gave_is_the_hosts() -> None:
    hidden = Hidden()
    signed = "/blob/0123?X-Signature=" + "f" * 900
    hidden.given(
        [("Location", f"https://cdn.example{signed}"), ("Set-Cookie", "sid=" + "s" * 60 + "; Path=/"), ("ETag", '"abc"')]
    )
    hidden.given([("Location", "http://[bad")])
    assert ask(hidden, signed, [("If-None-Match", '"abc"'), ("Cookie", "sid=" + "s" * 60)]) == (
        0,
        0,
        len("if-none-match") + 6,
    )


def test_fields_that_stay_at_the_door_do_not_count() -> None:
    fields = [("Host", "h" * 50), ("Connection", "x" * 50), ("Content-Length", "12"), ("Proxy-Authorization", "y" * 50)]
    assert ask(Hidden(), "/", fields) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "listed", "size", "parent"),
    [
        ("pypi.org", [], 0, "pypi.org"),
        ("files.pypi.org", [], 5, "pypi.org"),
        ("c2VjcmV0.part1.evil.example", [], 13, "evil.example"),
        ("c2VjcmV0.mirror.example", ["mirror.example"], 8, "mirror.example"),
        ("a.b.mirror.example", ["b.mirror.example", "mirror.example"], 1, "b.mirror.example"),
        ("mirror.example", ["mirror.example"], 0, "mirror.example"),
        ("deep.mirror.of.example.org", ["deep.mirror.of.example.org"], 0, "deep.mirror.of.example.org"),
        ("localhost", [], 0, "localhost"),
        ("", [], 0, ""),
    ],
)
def test_names(name: str, listed: list[str], size: int, parent: str) -> None:
    assert (name_bytes(name, listed), parent_of(name, listed)) == (size, parent)
    hidden = Hidden()
    asked = [hidden.name(one, listed) for one in (name, name.upper(), name)]
    assert [one.size for one in asked] == [size, 0, 0]
    assert {(one.carried, one.names) for one in asked} == {(size, int(size > 0))}
    assert hidden.names == size


def test_hosts_and_parents_are_counted_apart() -> None:
    hidden = Hidden()
    for host, note in (("a.example", "x" * 10), ("b.example", "y" * 20), ("a.example", "z" * 30)):
        weighed = hidden.weigh(host, "/", [("X", note)])
        hidden.take(weighed, host)
        settled = hidden.answered(weighed, host, "/", 200, 0, 5)
    assert (hidden.carried, settled.carried, settled.bodies) == (62, 41, 10)
    told = [hidden.name(name, []) for name in ("aa.one.example", "bbb.two.example", "c.one.example")]
    assert [(one.carried, one.names) for one in told] == [(2, 1), (3, 1), (3, 2)]
    for number in range(1000):
        hidden.name(f"x.parent{number}.example", [])
    assert hidden.name("d.one.example", []).carried == 1, "what is counted apart is bounded"


def test_forgetting_keeps_the_counts_and_memory_is_bounded() -> None:
    hidden = Hidden()
    for number in range(9000):
        ask(hidden, f"/{number:05}")
    assert hidden.carried == 9000 * 5
    assert ask(hidden, "/00000") == (5, 0, 0)
    hidden.forget()
    assert ask(hidden, "/08999") == (5, 0, 0)


@given(st.lists(st.tuples(st.text(max_size=20), st.sampled_from([200, 404, 304]), st.integers(0, 1000)), max_size=20))
def test_never_negative_and_never_more_than_was_said(asked: list[tuple[str, int, int]]) -> None:
    hidden = Hidden()
    said = 0
    for text, status, size in asked:
        said += len(text) + 10
        ask(hidden, f"/{text}", [("X", text)], status, size)
        assert 0 <= hidden.carried <= 2 * said
