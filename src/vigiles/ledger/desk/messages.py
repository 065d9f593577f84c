"""Between the desk and who asks: one question, one answer, each a 4-byte big-endian length and a MessagePack array."""

from __future__ import annotations

import socket
from typing import Annotated

import msgspec

from vigiles.ledger.desk.readers import Right
from vigiles.ledger.header import Header
from vigiles.ledger.wire import HEADER_BYTES, MAX_MESSAGE_BYTES

#: A question is short; one that says otherwise is none.
MOST_QUESTION_BYTES = 4096
#: Headers in one answer.
MOST_LISTED = 1_000

_Name = Annotated[str, msgspec.Meta(max_length=255)]
_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Show(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", tag="show"):
    """Which record: its index in decimal, or its id."""

    which: _Name


class List(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", tag="list"):
    """The newest ``limit`` headers that fit; None takes all. ``since_us`` is wall time in microseconds."""

    type: _Name | None = None
    run: _Name | None = None
    episode: _Name | None = None
    call: _Int64 | None = None
    id: _Name | None = None
    since_us: _Int64 | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


class Shown(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", tag="shown"):
    """One record. ``body`` and its ``secret`` are None where ``header.body`` says why.

    ``path``: from the leaf up to the root that ``note`` signs, with a hash for each step; ``unproved``: why there is none.
    """

    right: Right
    header: Header
    leaf: bytes
    secret: bytes | None
    body: bytes | None
    path: list[bytes]
    note: bytes | None
    unproved: str = ""


class Listed(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", tag="listed"):
    """Headers, oldest first."""

    right: Right
    headers: list[Header]


class NotShown(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", tag="not-shown"):
    """``code`` is the exit code of the error that says why."""

    code: int
    message: str
    remedy: str


Question = Show | List
Answer = Shown | Listed | NotShown

_encoder = msgspec.msgpack.Encoder()
to_desk: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
from_desk: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def packed(message: Question | Answer) -> bytes:
    """Return one message ready to send."""
    payload = _encoder.encode(message)
    return len(payload).to_bytes(HEADER_BYTES, "big") + payload


def payload_from(sock: socket.socket, most: int = MAX_MESSAGE_BYTES) -> bytes:
    """Return the next message's payload. Raises OSError, and ``ValueError`` for one cut short or longer than ``most``."""
    length = int.from_bytes(_exactly(sock, HEADER_BYTES), "big")
    if length > most:
        raise ValueError("not a message")
    return _exactly(sock, length)


def _exactly(sock: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = sock.recv(min(length - len(data), 1 << 20))
        if not part:
            raise ValueError("cut short")
        data += part
    return bytes(data)
