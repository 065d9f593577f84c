"""Towards real hosts: who they are is verified, by the machine's roots and the profile's, and what fails is named."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell import authority
from vigiles.cell.door.callers import NOT_KNOWN
from vigiles.cell.door.channel import Channel
from vigiles.cell.door.dial import Undialled
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.flows.report import Report
from vigiles.cell.door.messages import pair
from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.tls.termination import Termination
from vigiles.cell.door.wire import Wire
from vigiles.model.coordinates import Coordinates


def reach(termination: Termination, port: int, host: str) -> tuple[bytes, list[str]]:
    """Return what a host answers, and the flow's marks; or the reason and the marks."""

    async def main() -> tuple[bytes, list[str]]:
        ours, theirs = pair()
        report = Report(Coordinates(run="r", episode="e"), Channel(ours, lambda data, given: None, lambda: None))
        with ours, theirs:
            try:
                return await ask(LiveFlow(report, NOT_KNOWN, "proxy", host, port))
            finally:
                asyncio.get_running_loop().remove_reader(ours)

    async def ask(flow: LiveFlow) -> tuple[bytes, list[str]]:
        sock = await asyncio.to_thread(socket.create_connection, ("127.0.0.1", port))
        try:
            server = await termination.to_host(flow, Wire(sock))
        except Refusal as refusal:
            return refusal.reason.encode(), flow.extra_marks
        except Undialled as fault:
            return fault.kind.encode(), flow.extra_marks
        await server.write(b"GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n")
        answer = await server.read()
        server.close()
        return answer, flow.extra_marks

    return asyncio.run(main())


def test_by_its_roots(tls_site: Any, site: Any, certificate: Path) -> None:
    port = tls_site.server_port
    assert reach(Termination(authority.mint(), [], 5000), port, "allowed.example") == (
        b"egress_certificate", ["tls.server_error=unknown_ca"],
    )  # fmt: skip
    knowing = Termination(authority.mint(), [certificate.read_text()], 5000)
    answer, marks = reach(knowing, port, "allowed.example")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert marks == []
    for host in ("other.example", "127.0.0.1", "::1"):
        assert reach(knowing, port, host) == (b"egress_certificate", ["tls.server_error=name"])
    kind, marks = reach(knowing, site.server_port, "allowed.example")
    assert kind == b"tls"
    assert marks[0].startswith("tls.server_error=")


def test_a_host_that_says_nothing(certificate: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        termination = Termination(authority.mint(), [], 200)
        assert reach(termination, silent.getsockname()[1], "allowed.example") == (b"tls", ["tls.server_error=TimeoutError"])


@pytest.fixture(autouse=True)
def own_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these has a process's roots of its own: a door is one process, and keeps what it was told to trust."""
    from vigiles.cell.door.tls import termination

    monkeypatch.setattr(termination, "machine_roots", termination.machine_roots.__wrapped__)
