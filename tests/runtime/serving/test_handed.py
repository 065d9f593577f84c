"""Descriptors and bytes from one process to another, and what is none of it."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.runtime.serving import handed


def _exchange(send: object, data: bytes) -> tuple[bytes, int]:
    """Return what came and how many descriptors were left open by it."""
    before = len(os.listdir("/proc/self/fd"))

    async def main() -> bytes:
        ours, theirs = socket.socketpair()
        with ours, theirs, ExitStack() as held:
            ours.setblocking(False)
            if send == "whole":
                theirs.sendmsg(*handed.message(data, [0, 1, 2]))
            elif send == "two":
                theirs.sendmsg(*handed.message(data, [0, 1]))
            else:
                theirs.sendall(len(data).to_bytes(4, "big"))
            theirs.sendall(data[:2])
            theirs.sendall(data[2:])
            if send == "left":
                theirs.close()
            async with asyncio.timeout(10):
                size, descriptors = await handed.announced(ours, held)
                assert len(descriptors) == 3
                return await handed.body(ours, size)

    try:
        return asyncio.run(main()), len(os.listdir("/proc/self/fd")) - before
    except ValueError:
        return b"refused", len(os.listdir("/proc/self/fd")) - before


def test_what_is_sent_comes() -> None:
    assert _exchange("whole", b"hello") == (b"hello", 0)


@pytest.mark.parametrize("send", ["two", "none", "left"])
def test_what_is_no_message_leaves_nothing_open(send: str) -> None:
    assert _exchange(send, b"hello") == (b"refused", 0)


def test_a_sender_that_leaves_is_seen() -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            theirs.sendall(b"ab")
            theirs.close()
            await handed.body(ours, 3)

    with pytest.raises(ValueError, match="left"):
        asyncio.run(main())


@settings(max_examples=50)
@given(st.lists(st.binary().filter(lambda word: b"\0" not in word)))
def test_words_keep_their_bytes(words: list[bytes]) -> None:
    given = [os.fsdecode(word) for word in words]
    assert handed.as_given(handed.as_sent(given)) == given


def test_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        handed.as_given(["a\0"])
