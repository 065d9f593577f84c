"""Messages between the recorder and its clients: a 4-byte big-endian length, then one MessagePack array.

A client opens with :class:`Hello` and gets :class:`Welcome`. Rows carry the canonical body as opaque bytes beside the index
columns. A request number of 0 asks for no answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from vigiles.ledger.leaf import FIELDWISE, MAX_BODY_BYTES, SECRET_BYTES, field_digests
from vigiles.model import canonical
from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.model.union import Recorded

PROTOCOL = 1
#: What decoding hostile or damaged bytes can raise: msgspec reports bad UTF-8 and bottomless nesting in Python's own errors.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
HEADER_BYTES = 4

_MAX_NAME = 255
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=_MAX_NAME)]
_Type = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Secret = Annotated[bytes, msgspec.Meta(min_length=SECRET_BYTES, max_length=SECRET_BYTES)]
_Body = Annotated[bytes, msgspec.Meta(min_length=2, max_length=MAX_BODY_BYTES)]
_SdDigest = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One record to append. ``secret`` and ``digests`` are set for incidents only; the recorder draws other secrets."""

    type: _Type
    id: _Name
    run: _Name | None
    episode: _Name | None
    call: _Int64 | None
    host: _Name | None
    wall_us: _Int64
    body: _Body
    secret: _Secret | None = None
    digests: list[_SdDigest] | None = None


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """The client's first message."""

    protocol: int


class Append(msgspec.Struct, frozen=True, array_like=True, tag="append"):
    """Append ``rows`` in order. ``durable``: commit at once, and answer only when the disk has it."""

    request: int
    durable: bool
    rows: list[Row]


class Erase(msgspec.Struct, frozen=True, array_like=True, tag="erase"):
    """Append the signed erasure record in ``row`` and erase the bodies and secrets that it names, both or neither."""

    request: int
    row: Row


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag="welcome"):
    """The recorder's answer to :class:`Hello`: the log's origin and the number of records so far."""

    protocol: int
    origin: str
    size: int


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """The rows of ``request`` are committed as records ``first``, ``first + 1`` ..."""

    request: int
    first: int


class Failed(msgspec.Struct, frozen=True, array_like=True, tag="failed"):
    """Nothing of ``request`` was written. ``invalid``: the request is at fault, else the ledger is."""

    request: int
    invalid: bool
    message: str
    remedy: str


class Lost(msgspec.Struct, frozen=True, array_like=True, tag="lost"):
    """``count`` rows sent without a request number could not be written and are gone."""

    count: int


class Space(msgspec.Struct, frozen=True, array_like=True, tag="space"):
    """The disk's space became ``low``, or is not any more. Sent to every client, and to a new one if it is low."""

    low: bool


ToRecorder = Hello | Append | Erase
FromRecorder = Welcome | Done | Failed | Lost | Space

#: Record types that are given up while space is low: what was seen, but not what is told of it in numbers.
GIVEN_UP = frozenset(
    {
        "process_start",
        "process_exit",
        "connect",
        "bind",
        "denied",
        "dns_query",
        "flow",
        "file_change",
        "compute",
        "office_event",
        "http_request",
    }
)  # fmt: skip

_encoder = msgspec.msgpack.Encoder()
to_recorder: msgspec.msgpack.Decoder[ToRecorder] = msgspec.msgpack.Decoder(ToRecorder)
from_recorder: msgspec.msgpack.Decoder[FromRecorder] = msgspec.msgpack.Decoder(FromRecorder)


class FrameTooLong(ValueError):
    """The peer announces a message longer than any that exists."""


def frame(message: ToRecorder | FromRecorder) -> bytes:
    """Return one message ready to send."""
    payload = _encoder.encode(message)
    return len(payload).to_bytes(HEADER_BYTES, "big") + payload


def split(buffer: bytearray) -> list[bytes]:
    """Take the complete payloads off the front of ``buffer``. Raises :class:`FrameTooLong`."""
    payloads = []
    start = 0
    while len(buffer) - start >= HEADER_BYTES:
        length = int.from_bytes(buffer[start : start + HEADER_BYTES], "big")
        if length > MAX_MESSAGE_BYTES:
            raise FrameTooLong(f"a message of {length} bytes")
        end = start + HEADER_BYTES + length
        if len(buffer) < end:
            break
        payloads.append(bytes(buffer[start + HEADER_BYTES : end]))
        start = end
    del buffer[:start]
    return payloads


def row_of(record: Recorded) -> Row:
    """Encode a record once, for the wire and for ever. Raises :class:`InputInvalid` if it cannot be recorded."""
    # Imported here: the recorder never needs the record classes, and starts faster without them.
    import secrets

    from vigiles.ledger.columns import columns_of

    try:
        body = canonical.encode(record)
    except canonical.NotCanonical as error:
        raise InputInvalid(
            f"the record has no canonical form: {error}", "Pass values through vigiles.model.plain."
        ) from error
    columns = columns_of(record)
    names = (columns.id, columns.run, columns.episode)
    if any(name is not None and not 1 <= len(name) <= _MAX_NAME for name in names):
        raise InputInvalid(f"ids have 1 to {_MAX_NAME} characters", "Mint ids with vigiles.ledger.mint.new_id.")
    if len(body) > MAX_BODY_BYTES:
        raise InputInvalid(
            f"a record of {len(body)} bytes; at most {MAX_BODY_BYTES} fit", "Keep large evidence outside, by its digest."
        )
    if columns.type != FIELDWISE:
        return Row(*columns, body)
    secret = secrets.token_bytes(SECRET_BYTES)
    return Row(*columns, body, secret, field_digests(body, secret))
