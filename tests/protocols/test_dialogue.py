from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.dialogue import MAX_MARKS, MAX_VALUE, Dialogue, Side

LOGIN = json.dumps({"id": 1, "method": "login", "params": {"login": "w", "pass": "x"}}).encode() + b"\n"


SOCKS: list[tuple[Side, bytes]] = [
    ("o", b"\x05\x01\x00"),
    ("i", b"\x05\x00"),
    ("o", b"\x05\x01\x00\x01\x01\x02\x03\x04\x00\x16"),
    ("i", b"\x05\0\0\1" + bytes(6)),
]


def packet(kind: int) -> bytes:
    return (12).to_bytes(4, "big") + bytes([4, kind]) + bytes(10)


KEX = b"SSH-2.0-A\r\n" + packet(20) + packet(21)


def listen(*said: tuple[Side, bytes]) -> Dialogue:
    dialogue = Dialogue()
    for side, data in said:
        dialogue.feed(side, data)
    return dialogue


def test_tls(hello: Any) -> None:
    dialogue = listen(("o", hello("a.example", ("h2",))), ("i", b"\x16\x03\x03\x00\x02\x02\x00"))
    assert (dialogue.protocol, dialogue.sni, dialogue.marks) == ("tls", "a.example", ["tls.alpn=h2"])


def test_http() -> None:
    dialogue = listen(
        ("o", b"GET /p HT"), ("o", b"TP/1.1\r\nHost: a\r\n\r\n"), ("i", b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
    )
    assert (dialogue.protocol, dialogue.method, dialogue.path) == ("http", "GET", "/p")
    assert dialogue.marks == ["http.host=a", "http.status=404"]


def test_ssh_sizes_in_order() -> None:
    said: list[tuple[Side, bytes]] = [
        ("i", KEX),
        ("o", KEX + bytes(8)),
        ("i", bytes(44)),
        ("o", bytes(68)),
        ("i", bytes(28)),
    ]
    dialogue = listen(*said)
    assert dialogue.protocol == "ssh"
    assert dialogue.marks == ["ssh.server=SSH-2.0-A", "ssh.client=SSH-2.0-A", "ssh.first=o8,i44,o68,i28"]


def test_a_server_that_speaks_first() -> None:
    assert listen(("i", b"SSH-2.0-dropbear\r\n")).protocol == "ssh"
    assert listen(("i", b"220 mail\r\n")).protocol == "other"
    assert not Dialogue().decided


@pytest.mark.parametrize(
    ("before", "protocol"),
    [
        (SOCKS, "socks"),
        ([("o", b"CONNECT a:22 HTTP/1.1\r\nHost: a:22\r\n\r\n"), ("i", b"HTTP/1.1 200 OK\r\n\r\n")], "http"),
    ],
    ids=["socks", "connect"],
)
def test_what_is_inside_a_proxy_handshake(before: list[tuple[Side, bytes]], protocol: str) -> None:
    ssh = listen(*before, ("i", KEX), ("o", KEX), ("o", bytes(68)))
    assert ssh.protocol == protocol
    assert {"ssh.client=SSH-2.0-A", "ssh.server=SSH-2.0-A", "ssh.first=o68"} <= set(ssh.marks)
    mining = listen(*before, ("o", LOGIN))
    assert mining.protocol == protocol
    assert "stratum.method=login" in mining.marks


def test_socks_says_where_to() -> None:
    dialogue = listen(("o", b"\x04\x01\x0d\x05\xcb\x00\x71\x05\x00"))
    assert dialogue.marks == ["socks.version=4", "socks.to=203.0.113.5:3333"]


def test_something_learnt_is_told_once() -> None:
    dialogue = Dialogue()
    assert dialogue.feed("o", b"\0 first")
    assert dialogue.feed("o", LOGIN)
    assert dialogue.protocol == "stratum"
    assert not dialogue.feed("o", LOGIN)
    assert not dialogue.feed("o", b"more")


def test_marks_are_text_and_bounded() -> None:
    dialogue = listen(("i", b"SSH-2.0-\xff\x1b[31m" + b"a" * 200 + b"\r\n"))
    assert dialogue.marks[0].startswith("ssh.server=SSH-2.0-\\xff\x1b[31maaa")
    assert all(len(mark) <= MAX_VALUE + 40 for mark in dialogue.marks)
    assert len(dialogue.marks) <= MAX_MARKS


WORDS = [
    LOGIN, KEX, b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", b"\x05\x01\x00", b"\x16\x03\x01\x00\x05\x01\x00", b"\x81\x05hello",
]  # fmt: skip
_saying = st.tuples(st.sampled_from(["o", "i"]), st.one_of(st.binary(max_size=60), st.sampled_from(WORDS)))


@settings(max_examples=300)
@given(st.lists(_saying, max_size=10))
def test_any_conversation(said: list[tuple[Side, bytes]]) -> None:
    dialogue = listen(*said)
    dialogue.end("o")
    dialogue.end("i")
    for mark in dialogue.marks:
        mark.encode("utf-8")
    assert dialogue.protocol in ("tls", "http", "ssh", "stratum", "socks", "other", "unknown", "silent")


@settings(max_examples=150)
@given(st.lists(_saying, max_size=8), st.sampled_from(["o", "i"]), st.one_of(st.binary(max_size=60), st.sampled_from(WORDS)))
def test_feeding_a_deaf_side_changes_nothing(said: list[tuple[Side, bytes]], side: Side, more: bytes) -> None:
    dialogue = listen(*said, ("o", b"x" * 17_000), ("i", b"x" * 17_000))
    if dialogue.deaf(side):
        before = (dialogue.marks, dialogue.protocol)
        assert dialogue.feed(side, more) is False
        assert (dialogue.marks, dialogue.protocol) == before


def test_deaf_after_the_hello_some_records_and_the_first_of_an_answer(hello: Any) -> None:
    dialogue = listen(("o", hello("allowed.example")), ("i", b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00"))
    assert (dialogue.deaf("o"), dialogue.deaf("i")) == (False, False), "the sizes of the first records are heard"
    for side in ("o", "i"):
        dialogue.feed(side, b"\x17\x03\x03\x00\x01x" * 40)
    assert (dialogue.deaf("o"), dialogue.deaf("i")) == (True, True)
    dialogue = listen(("o", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ("i", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 17_000))
    assert (dialogue.deaf("o"), dialogue.deaf("i")) == (False, True)


def test_a_long_head_does_not_hide_what_it_wraps() -> None:
    dialogue = Dialogue()
    pad = b"X-Pad: " + b"a" * 2000 + b"\r\n\r\n"
    dialogue.feed("o", b"CONNECT far.example:22 HTTP/1.1\r\nHost: far.example:22\r\n" + pad)
    dialogue.feed("i", b"HTTP/1.1 200 OK\r\n" + pad)
    dialogue.feed("o", b"SSH-2.0-OpenSSH_9.2\r\n")
    dialogue.feed("i", b"SSH-2.0-OpenSSH_9.3\r\n")
    assert {"ssh.client=SSH-2.0-OpenSSH_9.2", "ssh.server=SSH-2.0-OpenSSH_9.3"} <= set(dialogue.marks)
