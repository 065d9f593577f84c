"""No spelling of a secret comes through, however its stream is cut, and nothing else is changed."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.veil import Concealed, Mask, Veil, spellings

SECRET = b"sk-s3cr3t/+Value"
_cuts = st.lists(st.integers(0, 400), max_size=8)


def _pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


def _masked(data: bytes, cuts: list[int]) -> bytes:
    mask = Mask([SECRET])
    return b"".join(mask.feed(piece) for piece in _pieces(data, cuts)) + mask.rest()


@settings(max_examples=60)
@given(before=st.binary(max_size=80), after=st.binary(max_size=80), cuts=_cuts, form=st.sampled_from(spellings(SECRET)))
def test_each_spelling_is_hidden_wherever_it_is_cut(before: bytes, after: bytes, cuts: list[int], form: bytes) -> None:
    data = before + form + after
    shown = _masked(data, cuts)
    assert len(shown) == len(data)
    assert not any(spelling in shown for spelling in spellings(SECRET))


@settings(max_examples=60)
@given(data=st.binary(max_size=300), cuts=_cuts)
def test_what_holds_no_secret_comes_as_it_was(data: bytes, cuts: list[int]) -> None:
    assert _masked(data, cuts) == data


def test_base64_beside_a_name_is_hidden_but_for_its_edges() -> None:
    packed = base64.b64encode(b"user:" + SECRET + b":x")
    shown = _masked(packed, [])
    assert base64.b64decode(shown.replace(b"*", b"A")).count(SECRET[2:-2]) == 0


def test_the_same_waits_whatever_it_is() -> None:
    guessed, other = Mask([SECRET]), Mask([SECRET])
    assert [len(guessed.feed(b"x" * 99 + SECRET[:9])), guessed.waiting] == [len(other.feed(b"y" * 108)), True]
    assert guessed.rest().endswith(SECRET[:9])
    # What was given on after a silence is over; what completes it is hidden all the same.
    assert guessed.feed(SECRET[9:]) + guessed.rest() == b"*" * len(SECRET[9:])


HEAD = b"HTTP/1.1 200 OK\r\nX-Echo: Bearer " + SECRET + b"\r\n"


@settings(max_examples=40)
@given(cuts=_cuts, split=st.integers(0, len(SECRET)))
def test_heads_and_chunked_bodies(cuts: list[int], split: int) -> None:
    parts = [part for part in (b"a" + SECRET[:split], SECRET[split:] + b"b") if part]
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    data = b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body
    veil = Veil([SECRET])
    shown = b"".join(veil.feed(piece) for piece in _pieces(data, cuts)) + veil.rest()
    assert len(shown) == len(data)
    assert SECRET not in shown
    masked = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part.replace(SECRET[:split], b"*" * split) if split else part) for part in parts
    )
    assert shown.endswith(b"b\r\n0\r\n\r\n")
    assert len(masked) == len(body) - 5
    payload = b"".join(line for line in shown.split(b"\r\n\r\n", 2)[2].split(b"\r\n")[1::2])
    assert payload == b"a" + b"*" * len(SECRET) + b"b"


def test_a_secret_of_asterisks_is_hidden_already() -> None:
    mask = Mask([b"*" * 8])
    assert mask.feed(b"*" * 99, [(0, 50)]) + mask.rest() == b"*" * 99


@settings(max_examples=40)
@given(cuts=_cuts)
def test_fields_behind_a_chunked_body(cuts: list[int]) -> None:
    body = b"3;x=" + SECRET + b"\r\nabc\r\n0\r\nX-Echo: " + SECRET + b"\r\n\r\n"
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    veil = Veil([SECRET])
    shown = b"".join(veil.feed(piece) for piece in _pieces(data, cuts)) + veil.rest()
    assert (len(shown), SECRET in shown) == (len(data), False)


@pytest.mark.parametrize("coding", [b"gzip", b"br, identity", b"Identity, x"])
def test_what_nobody_can_read_is_refused(coding: bytes) -> None:
    with pytest.raises(Concealed):
        Veil([SECRET]).feed(b"HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + b"\r\n\r\n")


def test_an_honest_answer_is_not() -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"
    veil = Veil([SECRET])
    assert veil.feed(data) + veil.rest() == data


def test_after_a_change_of_protocols_all_is_one_stream() -> None:
    veil = Veil([SECRET])
    data = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05" + SECRET + b"HTTP/1.1"
    assert SECRET not in veil.feed(data) + veil.rest()


def test_a_head_without_an_end_is_not_held_for_ever() -> None:
    veil = Veil([SECRET])
    shown = veil.feed(b"x" * 70_000)
    assert len(shown) + len(veil.rest()) == 70_000
