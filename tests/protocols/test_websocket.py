from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.websocket import MAX_PAYLOAD, FrameReader


def frame(payload: bytes, opcode: int = 1, key: bytes | None = b"\x01\x02\x03\x04") -> bytes:
    size = len(payload)
    head = bytes([0x80 | opcode])
    mask = 0x80 if key else 0
    if size < 126:
        head += bytes([mask | size])
    elif size < 65536:
        head += bytes([mask | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([mask | 127]) + size.to_bytes(8, "big")
    if key:
        payload = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
    return head + (key or b"") + payload


def test_the_example_of_the_rfc() -> None:
    assert FrameReader().feed(bytes.fromhex("818537fa213d7f9f4d5158")) == [b"Hello"]
    assert FrameReader().feed(bytes.fromhex("810548656c6c6f")) == [b"Hello"]


@settings(max_examples=60)
@given(
    payloads=st.lists(st.binary(max_size=300), max_size=5), masked=st.booleans(),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4),
)  # fmt: skip
def test_frames_in_any_pieces(pieces: Any, payloads: list[bytes], masked: bool, sizes: list[int]) -> None:
    stream = b"".join(frame(p, key=b"abcd" if masked else None) + frame(b"ping", opcode=9) for p in payloads)
    reader = FrameReader()
    assert [p for piece in pieces(stream, sizes) for p in reader.feed(piece)] == payloads


def test_a_huge_frame_is_passed_over() -> None:
    reader = FrameReader()
    stream = frame(b"x" * (MAX_PAYLOAD + 1)) + frame(b"after")
    found = [p for at in range(0, len(stream), 1000) for p in reader.feed(stream[at : at + 1000])]
    assert found == [b"", b"after"]


def test_no_opcode() -> None:
    with pytest.raises(Malformed):
        FrameReader().feed(b"\x83\x00")


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    try:
        assert sum(map(len, FrameReader().feed(data))) <= len(data)
    except Malformed:
        pass
