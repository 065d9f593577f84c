"""The supervisor's orders."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from vigiles.cell.door.messages import Allow, Cut, Flows, Shutdown


@pytest.fixture
def talking(start_door: Any, outside: Any) -> Any:
    server = outside()
    door = start_door(mode="observe")
    socks = [door.tunnel("127.0.0.1", server.port, call=call) for call in (1, 1, 2)]
    for sock in socks:
        sock.sendall(b"\0binary")
    door.wait(lambda _: len(door.flows("open")) == 3)
    yield door, server, socks
    for sock in socks:
        sock.close()


def test_cutting_one_call_leaves_the_others(talking: Any, read_all: Any) -> None:
    door, server, (first, second, third) = talking
    began = time.monotonic()
    assert door.order(Cut, call=1).flows == 2
    assert time.monotonic() - began < 0.5
    assert read_all(first) == read_all(second) == b"<RST>"
    closed = door.flows("close")
    assert [(f.reason, f.attribution.call) for f in closed] == [("egress_cut", 1)] * 2
    assert closed[0].bytes_out == 7
    third.sendall(b"more")
    assert b"Vigiles-Reason: egress_cut" in door.ask(b"CONNECT 127.0.0.1:%d HTTP/1.0\r\n\r\n" % server.port, call=1)
    door.tunnel("127.0.0.1", server.port, call=2).close()
    door.order(Allow, call=1)
    door.tunnel("127.0.0.1", server.port, call=1).close()


def test_cutting_everything(talking: Any, read_all: Any) -> None:
    door, server, socks = talking
    assert door.order(Cut).flows == 3
    assert [read_all(sock) for sock in socks] == [b"<RST>"] * 3
    assert b"Vigiles-Reason: egress_cut" in door.ask(b"CONNECT 127.0.0.1:%d HTTP/1.0\r\n\r\n" % server.port, call=9)
    door.order(Allow)
    door.tunnel("127.0.0.1", server.port, call=9).close()


def test_a_cut_reaches_a_client_that_does_not_read(start_door: Any, outside: Any) -> None:
    def flood(sock: socket.socket, server: Any) -> None:
        while True:
            sock.sendall(b"x" * 65536)

    server = outside(flood)
    door = start_door(mode="observe")
    with door.tunnel("127.0.0.1", server.port):
        door.wait_flow(lambda f: f.phase == "open")
        assert door.order(Cut).flows == 1
    assert door.wait_flow(lambda f: f.phase == "close").reason == "egress_cut"


def test_flows_are_listed(talking: Any) -> None:
    door, server, _ = talking
    listed = door.order(Flows)
    assert listed.last
    assert sorted(flow.call for flow in listed.flows) == [1, 1, 2]
    assert {(flow.host, flow.port, flow.protocol, flow.bytes_out) for flow in listed.flows} == {
        ("127.0.0.1", server.port, "other", 7)
    }


def test_shutdown_sends_the_last_records(talking: Any) -> None:
    door, _, _ = talking
    assert door.order(Shutdown).flows == 3
    assert [flow.reason for flow in door.flows("close")] == ["shutdown"] * 3
    assert door.process.wait(5) == 0


def test_the_door_dies_with_its_supervisor(talking: Any, read_all: Any) -> None:
    door, _, socks = talking
    door.control.shutdown(socket.SHUT_RDWR)
    assert door.process.wait(2) == 0
    assert all(read_all(sock) in (b"", b"<RST>") for sock in socks)


def test_an_order_that_does_not_decode_ends_the_door(talking: Any) -> None:
    door, _, _ = talking
    door.control.send(b"\xc1 nonsense")
    assert door.process.wait(2) == 0
