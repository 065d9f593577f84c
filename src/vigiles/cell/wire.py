"""Messages between our own processes: one msgpack value and its descriptors per packet of a Unix socket.

Sockets are SOCK_SEQPACKET pairs, so a message is whole or absent and needs no peer check beyond who holds the other end.
A message too large for a packet travels as a memory file, the last descriptor beside a packet of one byte.
"""

from __future__ import annotations

import array
import os
import socket
from typing import TypeVar

import msgspec

T = TypeVar("T")

_PACKET = 60_000
_MAX_DESCRIPTORS = 16
_encoder = msgspec.msgpack.Encoder()


class Closed(ConnectionError):
    """The other end is gone."""


def encode(message: object) -> bytes:
    """Return the bytes of a message."""
    return _encoder.encode(message)


def pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected ends, neither inherited by exec."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(sock: socket.socket, message: object, descriptors: list[int] | None = None) -> None:
    """Send one message. Raises OSError when the other end is gone."""
    data = encode(message)
    fds = list(descriptors or [])
    spill = -1
    if len(data) > _PACKET:
        spill = os.memfd_create("message", os.MFD_CLOEXEC)
        with os.fdopen(os.dup(spill), "wb") as file:
            file.write(data)
        fds.append(spill)
        data = b""
    try:
        if fds:
            rights = array.array("i", fds).tobytes()
            sock.sendmsg([data or b"\xc1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        else:
            sock.send(data)
    finally:
        if spill >= 0:
            os.close(spill)


def receive(sock: socket.socket, decoder: msgspec.msgpack.Decoder[T]) -> tuple[T, list[int]]:
    """Return the next message and its descriptors. Raises :class:`Closed`, or BlockingIOError on a non-blocking socket."""
    data, ancillary, _, _ = sock.recvmsg(_PACKET + 1024, socket.CMSG_SPACE(_MAX_DESCRIPTORS * 4), socket.MSG_CMSG_CLOEXEC)
    fds: list[int] = []
    for level, what, payload in ancillary:
        if level == socket.SOL_SOCKET and what == socket.SCM_RIGHTS:
            received = array.array("i")
            received.frombytes(payload[: len(payload) - len(payload) % received.itemsize])
            fds.extend(received)
    if not data:
        raise Closed("the other end closed the socket")
    if data == b"\xc1":  # a byte that msgpack never uses: the message lies in the last descriptor
        spill = fds.pop()
        with os.fdopen(spill, "rb") as file:
            file.seek(0)
            data = file.read()
    return decoder.decode(data), fds
