"""Dialling: every address that may be, in turns, without waiting for one that is silent."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from vigiles.cell.door.dial import Dialler, Undialled, by_turns
from vigiles.ruleset.profile import Egress

NAME = "two.example"


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """A place on loopback that answers nobody: its queue is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(server.getsockname())
        yield server.getsockname()
        for sock in waiting:
            sock.close()


def named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def dial(port: int, dial_ms: int = 10_000) -> str:
    async def one() -> str:
        egress = Egress(mode="allow", hosts=[f"{NAME}:{port}"], refused_ranges=[], dial_ms=dial_ms)
        sock, address = await Dialler(egress).dial(NAME, port)
        with sock:
            assert sock.getpeername() == (address, port)
        return address

    return asyncio.run(one())


def test_an_address_that_is_silent_holds_nobody_up(silent: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    host, port = silent
    with socket.create_server(("127.0.0.2", port)):
        named(monkeypatch, host, "127.0.0.2")
        began = time.monotonic()
        assert dial(port) == "127.0.0.2"
        assert time.monotonic() - began < 5


def test_an_address_that_refuses_is_passed_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        named(monkeypatch, "127.0.0.1", "127.0.0.2")
        assert dial(server.getsockname()[1]) == "127.0.0.2"


@pytest.mark.parametrize(("server", "kind"), [("silent", "timeout"), ("nobody", "refused")])
def test_when_nobody_answers_it_is_said_why(
    server: str, kind: str, silent: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, silent[0] if server == "silent" else "127.0.0.3")
    with pytest.raises(Undialled) as failed:
        dial(silent[1], dial_ms=400)
    assert failed.value.kind == kind


@pytest.mark.parametrize(
    ("given", "turns"),
    [
        (["::1", "::2", "::3", "203.0.113.1", "203.0.113.2"], ["::1", "203.0.113.1", "::2", "203.0.113.2", "::3"]),
        (["203.0.113.1", "::1"], ["203.0.113.1", "::1"]),
        (["203.0.113.1", "203.0.113.2"], ["203.0.113.1", "203.0.113.2"]),
    ],
)
def test_families_in_turns(given: list[str], turns: list[str]) -> None:
    assert by_turns(given) == turns
