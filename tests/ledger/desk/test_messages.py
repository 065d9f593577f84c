from __future__ import annotations

import socket

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.ledger.desk.messages import List, NotShown, Show, from_desk, packed, payload_from, to_desk


@pytest.mark.parametrize("question", [Show("17"), Show("act-1"), List(), List(type="act", call=3, limit=1000)])
def test_questions_arrive_as_they_were_asked(question: Show | List) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(packed(question))
        assert to_desk.decode(payload_from(other)) == question


@pytest.mark.parametrize("limit", [0, -1, 1001, 2**70])
def test_nobody_lists_without_bound(limit: int) -> None:
    raw = msgspec.msgpack.encode(["list", None, None, None, None, None, None, min(limit, 2**63)])
    with pytest.raises(msgspec.ValidationError):
        to_desk.decode(raw)


def test_what_is_too_long_or_cut_is_no_message() -> None:
    for sent, most in ((packed(NotShown(105, "x" * 100, "")), 50), (packed(Show("1"))[:-1], 4096), (b"\0\0", 4096)):
        one, other = socket.socketpair()
        with one, other:
            one.sendall(sent)
            one.shutdown(socket.SHUT_WR)
            with pytest.raises(ValueError, match=r"not a message|cut short"):
                payload_from(other, most)


@settings(max_examples=60)
@given(st.binary(max_size=64))
def test_any_bytes_are_a_question_or_an_error_that_is_caught(raw: bytes) -> None:
    for decoder in (to_desk, from_desk):
        try:
            decoder.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
