"""HTTP/2 inside TLS that is terminated: streams are judged one by one, and what abuses the connection ends it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from vigiles.cell import authority
from vigiles.cell.door.messages import Cut
from vigiles.cell.door.tls.http2 import MAX_STREAMS
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest

HOST = "allowed.example"
OURS = authority.mint()


class Client:
    """A client that says what it is told to, also what a good one would not."""

    def __init__(self, door: Any, port: int) -> None:
        context = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)
        context.set_alpn_protocols(["h2"])
        self.sock = context.wrap_socket(door.tunnel(HOST, port), server_hostname=HOST)
        assert self.sock.selected_alpn_protocol() == "h2"
        self.h2 = H2Connection(H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False))
        self.h2.initiate_connection()
        self.at = f"{HOST}:{port}"
        self.status: dict[int, int] = {}
        self.reasons: dict[int, str] = {}
        self.body: dict[int, bytes] = {}
        self.over: set[int] = set()
        self.reset: set[int] = set()
        self.gone = False
        self.paused = False

    def send(self) -> None:
        self.sock.sendall(self.h2.data_to_send())

    def ask(self, path: str, *more: tuple[str, str], method: str = "GET", authority: str = "", ended: bool = True) -> int:
        number = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "https"), (":authority", authority or self.at), (":path", path), *more]
        self.h2.send_headers(number, fields, end_stream=ended)
        self.send()
        return number

    def hear(self) -> None:
        """Take what comes next."""
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        if not data:
            self.gone = True
            return
        for event in self.h2.receive_data(data):
            self._one(event)
        self.send()

    def _one(self, event: Event) -> None:
        if isinstance(event, ResponseReceived):
            fields = {name.decode(): value.decode() for name, value in event.headers}
            self.status[event.stream_id] = int(fields[":status"])
            self.reasons[event.stream_id] = fields.get("vigiles-reason", "")
        elif isinstance(event, DataReceived):
            self.body[event.stream_id] = self.body.get(event.stream_id, b"") + event.data
            if not self.paused:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            self.over.add(event.stream_id)
        elif isinstance(event, StreamReset):
            self.reset.add(event.stream_id)
        elif isinstance(event, ConnectionTerminated):
            self.gone = True

    def until(self, *numbers: int) -> None:
        while not self.gone and not all(number in self.over | self.reset for number in numbers):
            self.hear()


@pytest.fixture
def door(start_door: Any, tls_site: Any, certificate: Path) -> Any:
    return start_door(tls_site.server_port, authority=OURS, trust=[certificate.read_text()])


@pytest.fixture
def client(door: Any, tls_site: Any) -> Any:
    made = Client(door, tls_site.server_port)
    yield made
    made.sock.close()


def requests(door: Any, count: int) -> list[HttpRequest]:
    door.wait(lambda _: sum(isinstance(m, HttpRequest) for m in door.messages) >= count)
    return [m for m in door.messages if isinstance(m, HttpRequest)]


def test_streams_at_once_with_bodies_both_ways(door: Any, tls_site: Any, client: Client) -> None:
    paths = ["/a", "/chunked", "/big", "/b"]
    numbers = [client.ask(path) for path in paths]
    body = bytes(range(256)) * 700
    length = client.ask("/up", ("content-length", str(len(body))), method="POST", ended=False)
    chunked = client.ask("/up", method="POST", ended=False)
    for number in (length, chunked):
        left = body
        while left:
            room = min(client.h2.local_flow_control_window(number), client.h2.max_outbound_frame_size) - 8
            if room <= 0:
                client.hear()
                continue
            client.h2.send_data(number, left[:room], pad_length=7)
            left = left[room:]
            client.send()
        client.h2.end_stream(number)
        client.send()
    head = client.ask("/h", method="HEAD")
    client.until(*numbers, length, chunked, head)
    assert [client.status[number] for number in numbers] == [200] * 4
    assert client.body[numbers[0]].startswith(b"/a at allowed.example")
    assert client.body[numbers[1]] == b"abcdef"
    assert len(client.body[numbers[2]]) == 3_000_000
    answer = f"{len(body)} {sum(body) % 65521}".encode()
    assert (client.body[length], client.body[chunked]) == (answer, answer)
    assert (client.status[head], client.body.get(head)) == (200, None)
    client.sock.close()
    flows = [door.wait_flow(lambda f, p=path: f.phase == "close" and f.path == p) for path in paths]
    connection = door.wait_flow(lambda f: f.phase == "close" and "http2.streams=7" in f.marks)
    assert all(f"http2.in={connection.flow}" in flow.marks for flow in flows)
    assert all({"tls.terminated", "tls.inside=h2"} <= {*flow.marks} for flow in [*flows, connection])
    told = requests(door, 7)
    assert sorted(r.path for r in told) == ["/a", "/b", "/big", "/chunked", "/h", "/up", "/up"]
    assert {r.flow for r in told} >= {flow.flow for flow in flows}


#: Fields of a request -> the reason it is refused for. What the library itself rejects ends the connection.
REFUSED: dict[str, tuple[dict[str, Any], list[tuple[str, str]], str]] = {
    "another host": ({"authority": "evil.example"}, [], "egress_protocol"),
    "another port": ({"authority": f"{HOST}:1"}, [], "egress_protocol"),
    "a Host that is not the authority": ({}, [("host", "evil.example")], "egress_malformed"),
    "extended CONNECT": ({"method": "CONNECT"}, [(":protocol", "websocket")], "egress_malformed"),
    "a control byte": ({}, [("x", "a\x01b")], "egress_malformed"),
    "a line break": ({}, [("x", "a\r\nhost: evil.example")], "egress_malformed"),
    "another scheme": ({"path": "x y"}, [], "egress_malformed"),
    "two lengths": ({"ended": False}, [("content-length", "1"), ("content-length", "2")], "egress_malformed"),
    "upgrade": ({}, [("upgrade", "websocket"), ("connection", "upgrade")], "egress_malformed"),
    "a coding": ({}, [("transfer-encoding", "chunked")], "egress_malformed"),
}


def ended(door: Any) -> list[Flow]:
    return [flow for flow in door.flows() if flow.phase in ("refused", "close")]


def test_what_a_stream_may_not_ask(door: Any, tls_site: Any) -> None:
    for name, (how, more, reason) in REFUSED.items():
        client = Client(door, tls_site.server_port)
        before = len(ended(door))
        number = client.ask(how.pop("path", "/x"), *more, **how)
        honest = 0
        with contextlib.suppress(OSError):  # what the library rejects has ended the connection
            honest = client.ask("/honest")
            client.until(number, honest)
        if number in client.status and honest:
            assert (client.status[number], client.reasons[number]) == (403, reason), name
            assert client.status[honest] == 200, f"{name}: the other stream goes on"
        client.sock.close()
        door.wait(lambda _, n=before, r=reason: r in [f.reason for f in ended(door)[n:]])
    assert {seen["Host"] for seen in tls_site.seen} <= {f"{HOST}:{tls_site.server_port}"}


def test_a_body_beyond_the_budget_is_told_and_the_connection_goes_on(
    start_door: Any, tls_site: Any, certificate: Path
) -> None:
    door = start_door(tls_site.server_port, authority=OURS, trust=[certificate.read_text()], egress_bytes_call=3000)
    client = Client(door, tls_site.server_port)
    number = client.ask("/up", ("content-length", "9000"), method="POST", ended=False)
    client.h2.send_data(number, b"x" * 9000, end_stream=True)
    client.send()
    client.until(number)
    assert (client.status[number], client.reasons[number]) == (403, "budget_egress")
    small = client.ask("/small")
    client.until(small)
    assert client.status[small] == 200
    client.sock.close()
    assert door.wait_flow(lambda f: f.reason == "budget_egress").path == "/up"
    assert sorted(one.reason for one in requests(door, 2)) == ["allowed", "budget_egress"]


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"PRI * HTTP/2.0\r\n\r\nxx\r\n\r\n" + bytes(100), b""])
def test_what_is_not_http2(door: Any, tls_site: Any, client: Client, said: bytes) -> None:
    client.sock.sendall(said)
    with contextlib.suppress(OSError):
        while not client.gone:
            client.hear()
    flow = door.wait_flow(lambda f: f.phase == "refused")
    assert flow.reason == "egress_protocol"
    assert not said.startswith(b"SSH") or any(mark.startswith("ssh.client=") for mark in flow.marks)


def test_streams_that_are_opened_to_be_reset(door: Any, tls_site: Any, client: Client) -> None:
    with contextlib.suppress(OSError, ProtocolError):
        for _ in range(2000):
            number = client.ask("/big")
            client.h2.reset_stream(number)
            client.send()
        deadline = time.monotonic() + 10
        while not client.gone and time.monotonic() < deadline:
            client.hear()
    assert door.wait_flow(lambda f: "tls.inside=h2" in f.marks and f.reason == "egress_malformed").phase in (
        "close",
        "refused",
    )
    assert len(tls_site.seen) < 500


def test_more_streams_than_are_allowed(door: Any, tls_site: Any, client: Client) -> None:
    client.h2.remote_settings.max_concurrent_streams = 1000
    numbers = []
    with contextlib.suppress(OSError):
        numbers = [client.ask("/up", method="POST", ended=False) for _ in range(MAX_STREAMS + 1)]
    while not client.gone and not client.reset:
        client.hear()
    assert client.gone or len(client.reset) < len(numbers)


def test_a_client_that_does_not_read_holds_its_stream_only(door: Any, tls_site: Any, client: Client) -> None:
    client.paused = True
    big = client.ask("/big")
    while len(client.body.get(big, b"")) < 65535:
        client.hear()
    client.h2.increment_flow_control_window(1 << 20)
    client.send()
    small = client.ask("/small")
    client.until(small)
    assert client.body[small].startswith(b"/small at")
    assert len(client.body[big]) == 65535
    door.order(Cut)
    while not client.gone and big not in client.reset:
        client.hear()


def test_an_answer_that_is_cut_off_is_reset(door: Any, tls_site: Any, client: Client) -> None:
    number = client.ask("/until-close")
    client.until(number)
    assert number in client.reset
    assert client.body[number].startswith(b"/until-close at")


def test_a_connection_without_requests_is_ended(start_door: Any, tls_site: Any, certificate: Path) -> None:
    door = start_door(tls_site.server_port, authority=OURS, trust=[certificate.read_text()], head_ms=300)
    client = Client(door, tls_site.server_port)
    client.send()
    deadline = time.monotonic() + 5
    while not client.gone:
        assert time.monotonic() < deadline
        with contextlib.suppress(socket.timeout, OSError):
            client.h2.ping(b"12345678")
            client.send()
        client.hear()
    client.sock.close()
    assert door.wait_flow(lambda f: f.phase == "close").reason == "allowed"
