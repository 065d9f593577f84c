"""The line of whoever asked for a call."""

from __future__ import annotations

import asyncio
import json
import signal
import socket

import pytest

from vigiles.runtime.serving.followed import follow


@pytest.mark.parametrize("last", [b"", b"nonsense\n", b'{"signal": 9}\n', b"x" * 200])
def test_signals_come_until_the_asker_leaves_or_raves(last: bytes) -> None:
    got: list[int] = []

    async def main() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.sendall(json.dumps({"signal": int(signal.SIGTERM)}).encode() + b"\n")
            following = asyncio.ensure_future(follow(ours, got.append))
            while not got:
                await asyncio.sleep(0.01)
            theirs.sendall(last)
            if not last:
                theirs.close()
            async with asyncio.timeout(10):
                await following

    asyncio.run(main())
    assert got == [signal.SIGTERM]
