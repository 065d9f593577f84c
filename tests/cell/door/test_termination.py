"""Towards real hosts: a session is resumed, so that each request need not cost a whole handshake."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

from vigiles.cell import authority
from vigiles.cell.door.callers import NOT_KNOWN
from vigiles.cell.door.flow import LiveFlow
from vigiles.cell.door.termination import Termination
from vigiles.cell.door.wire import Wire


class _Silent:
    honey: tuple[list[Any], bytes] = ([], b"")


def test_a_second_connection_resumes_the_first(tls_site: Any, certificate: Path) -> None:
    termination = Termination(authority.mint(), [certificate.read_text()], 5000)

    async def once() -> bool:
        flow = LiveFlow(_Silent(), NOT_KNOWN, "proxy", "allowed.example", tls_site.server_port)  # type: ignore[arg-type]
        sock = await asyncio.to_thread(socket.create_connection, ("127.0.0.1", tls_site.server_port))
        server = await termination.to_host(flow, Wire(sock))
        resumed: bool | None = server._tls.session_reused
        await server.write(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
        assert await server.read()
        server.close()
        return bool(resumed)

    async def main() -> list[bool]:
        return [await once(), await once()]

    assert asyncio.run(main()) == [False, True]
    assert ssl.HAS_TLSv1_3
