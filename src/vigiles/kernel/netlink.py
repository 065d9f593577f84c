"""Netlink messages: their header, their attributes, and the kernel's yes or no. Source: netlink(7), RFC 3549 section 2.3."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

REQUEST, ACK, EXCLUSIVE, CREATE, APPEND = 0x1, 0x4, 0x200, 0x400, 0x800
ERROR = 2
#: Marks an attribute whose value is attributes.
NESTED = 0x8000
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_CODE = struct.Struct("=i")


class Message(NamedTuple):
    """One message: its kind, its flags, the sequence number of the request, and what follows the header."""

    kind: int
    flags: int
    sequence: int
    body: bytes


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """Return one message, padded to four bytes so that another can follow."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body + bytes(-len(body) % 4)


def attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute, padded to four bytes. Raises struct.error above 65,531 bytes."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def nested(kind: int, *attributes: bytes) -> bytes:
    """Return an attribute that holds attributes."""
    return attribute(kind | NESTED, b"".join(attributes))


def messages(data: bytes) -> Iterator[Message]:
    """Give the messages of one datagram; what is cut off or lies about its length ends it."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size or at + length > len(data):
            return
        yield Message(kind, flags, sequence, data[at + _HEADER.size : at + length])
        at += length + -length % 4


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give kind and value of each attribute, without the mark of nested ones; one that lies about its length ends it."""
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size or at + length > len(data):
            return
        yield kind & ~NESTED, data[at + _ATTRIBUTE.size : at + length]
        at += length + -length % 4


def refusal(answer: Message) -> int:
    """Return the errno in an ``ERROR`` message: 0 is the kernel's yes. A message without one is ``EBADMSG``'s value."""
    if len(answer.body) < _CODE.size:
        return errno.EBADMSG
    code: int = _CODE.unpack_from(answer.body)[0]
    return -code


def check(answer: Message, what: str) -> None:
    """Take the kernel's answer to ``what``. Raises OSError if it is a no."""
    error = refusal(answer)
    if error:
        raise OSError(error, f"{what}: {os.strerror(error)}")
