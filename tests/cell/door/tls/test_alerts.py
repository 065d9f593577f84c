"""What a client that waits for its handshake is told."""

from __future__ import annotations

import asyncio
import socket

import pytest

from vigiles.cell.door.tls.alerts import alert, certificate_alert
from vigiles.cell.door.wire import Wire


@pytest.mark.parametrize(("fault", "number"), [("expired", 45), ("unknown_ca", 48), ("name", 42), ("verify_7", 42)])
def test_a_fatal_alert_and_an_end(fault: str, number: int) -> None:
    async def main() -> bytes:
        ours, theirs = socket.socketpair()
        alert(Wire(ours), certificate_alert(fault))
        with theirs:
            return theirs.recv(100) + theirs.recv(100)

    assert asyncio.run(main()) == bytes([21, 3, 3, 0, 2, 2, number])
