"""What a process hands over on a Unix socket: a size, three descriptors with it, and that many bytes.

Whoever sends may be hostile: nothing is read before it is there, and no more than was announced and allowed.
"""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections.abc import Iterable
from contextlib import ExitStack

#: The length of the size, bytes, most significant first.
HEADER = 4
_PART = 65_536


def message(data: bytes, descriptors: list[int]) -> tuple[list[bytes], list[tuple[int, int, bytes]]]:
    """Return buffers and ancillary data that announce ``data`` and hand three descriptors over, for ``sendmsg``."""
    rights = array.array("i", descriptors).tobytes()
    return [len(data).to_bytes(HEADER, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]


async def announced(peer: socket.socket, held: ExitStack) -> tuple[int, list[int]]:
    """Return the size and the descriptors, which ``held`` closes. Raises ValueError where it is not three, OSError."""
    await _readable(peer)
    header, ancillary, _, _ = peer.recvmsg(HEADER, socket.CMSG_SPACE(3 * 4), socket.MSG_CMSG_CLOEXEC)
    descriptors: list[int] = []
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            received = array.array("i")
            received.frombytes(payload[: len(payload) - len(payload) % received.itemsize])
            for fd in received:
                held.callback(os.close, fd)
            descriptors.extend(received)
    if len(header) != HEADER or len(descriptors) != 3:
        raise ValueError("not a message of a size and three descriptors")
    return int.from_bytes(header, "big"), descriptors


async def body(peer: socket.socket, size: int) -> bytes:
    """Return the bytes that were announced. Raises ValueError for a sender that left before the last, OSError."""
    data = bytearray()
    while len(data) < size:
        part = await asyncio.get_running_loop().sock_recv(peer, min(_PART, size - len(data)))
        if not part:
            raise ValueError("the sender left")
        data += part
        await asyncio.sleep(0)
    return bytes(data)


async def _readable(sock: socket.socket) -> None:
    """Return when ``sock`` has something to read, so that the descriptors beside it can be taken with it."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(sock)


def as_given(words: Iterable[str]) -> list[str]:
    """Return words as the file system's codec gives them; they came as one character a byte, for JSON has no bytes.

    Raises ValueError for one that no process could be started with.
    """
    given = list(words)
    if any("\0" in word for word in given):
        raise ValueError("a word with a NUL")
    return [os.fsdecode(word.encode("latin-1")) for word in given]


def as_sent(words: Iterable[str]) -> list[str]:
    """Return words as they are sent, one character a byte."""
    return [os.fsencode(word).decode("latin-1") for word in words]
