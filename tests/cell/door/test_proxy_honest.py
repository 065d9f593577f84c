"""Honest work through the proxy port: nothing about it changes."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import urllib.request
from typing import Any

import pytest

HOST = "allowed.example"


def test_curl_through_the_proxy(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    done = subprocess.run(
        ["curl", "-sS", "-x", f"http://127.0.0.1:{door.proxy}", f"http://{HOST}:{site.server_port}/a", "-m", "10"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"/a at {HOST}:{site.server_port}".encode()
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert (flow.via, flow.method, flow.path, flow.protocol, flow.host) == ("proxy", "GET", "/a", "http", HOST)
    assert flow.address == "127.0.0.1"
    assert flow.attribution.grade == "exact"
    assert (flow.attribution.call, flow.attribution.methods) == (7, ["uts"])
    assert flow.coordinates.call == 7
    assert bytes.fromhex(flow.first_out).startswith(b"GET http://")
    assert bytes.fromhex(flow.first_in).startswith(b"HTTP/1.1 200")


def test_curl_https_through_the_proxy(start_door: Any, tls_site: Any, certificate: Any) -> None:
    door = start_door(tls_site.server_port)
    url = f"https://{HOST}:{tls_site.server_port}/s"
    done = subprocess.run(
        ["curl", "-sS", "-x", f"http://127.0.0.1:{door.proxy}", "--cacert", certificate, url, "-m", "10"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(b"/s at")
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert (flow.via, flow.protocol, flow.sni, flow.reason) == ("connect", "tls", HOST, "allowed")
    opened = door.flows("open")[0]
    assert opened.flow == flow.flow
    assert opened.protocol == "tls"


def test_curl_plain_http_in_a_tunnel(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    urls = [f"http://{HOST}:{site.server_port}/{n}" for n in "ab"]
    done = subprocess.run(
        ["curl", "-sS", "-p", "-x", f"http://127.0.0.1:{door.proxy}", "-m", "10", *urls], capture_output=True, check=True
    )
    assert done.stdout == b"".join(f"/{n} at {HOST}:{site.server_port}".encode() for n in "ab")


def test_urllib_with_proxy_variables(start_door: Any, tls_site: Any, certificate: Any) -> None:
    door = start_door(tls_site.server_port)
    proxies = urllib.request.ProxyHandler({"https": f"http://127.0.0.1:{door.proxy}"})
    context = ssl.create_default_context(cafile=certificate)
    opener = urllib.request.build_opener(proxies, urllib.request.HTTPSHandler(context=context))
    with opener.open(f"https://{HOST}:{tls_site.server_port}/big", timeout=10) as answer:
        assert len(answer.read()) == 3_000_000
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert flow.bytes_in > 3_000_000
    assert len(flow.chunks) <= 256


@pytest.fixture
def connection(start_door: Any, site: Any) -> Any:
    door = start_door(site.server_port)
    made = http.client.HTTPConnection("127.0.0.1", door.proxy, timeout=10)
    made.sock = door.connect(door.proxy, call=3)
    made.base = f"http://{HOST}:{site.server_port}"  # type: ignore[attr-defined]  # handed to the test beside it
    made.door = door  # type: ignore[attr-defined]  # likewise
    yield made
    made.close()


def test_one_connection_many_requests(connection: Any, site: Any) -> None:
    for path in ("/1", "/chunked", "/2"):
        connection.request("GET", connection.base + path)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200
        assert body == (b"abcdef" if path == "/chunked" else f"{path} at {HOST}:{site.server_port}".encode())
    connection.request("HEAD", connection.base + "/3")
    answer = connection.getresponse()
    assert (answer.read(), answer.headers["Content-Length"]) == (b"", "12345")
    closes = [connection.door.wait_flow(lambda f, n=n: f.phase == "close" and f.path == n) for n in ("/1", "/2", "/3")]
    assert len({flow.flow for flow in closes}) == 3
    assert {flow.attribution.call for flow in closes} == {3}
    assert closes[0].attribution.methods == ["listener", "door_port"]
    assert closes[0].pid == 103


def test_bodies_arrive_whole(connection: Any) -> None:
    body = bytes(range(256)) * 4000
    connection.request("POST", connection.base + "/p", body=body)
    expected = f"{len(body)} {sum(body) % 65521}".encode()
    assert connection.getresponse().read() == expected
    pieces = [body[at : at + 70_000] for at in range(0, len(body), 70_000)]
    connection.request("POST", connection.base + "/c", body=iter(pieces), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    assert connection.getresponse().read() == expected


def test_an_answer_that_ends_with_the_connection(connection: Any) -> None:
    connection.request("GET", connection.base + "/until-close")
    answer = connection.getresponse()
    assert answer.read().startswith(b"/until-close at")
    assert answer.headers["Connection"] == "close"


def test_fields_for_one_hop_stay_here(connection: Any, site: Any) -> None:
    fields = {"Proxy-Authorization": "Basic x", "Connection": "X-Secret", "X-Secret": "1", "X-Kept": "2", "TE": "trailers"}
    connection.request("GET", connection.base + "/f", headers=fields)
    connection.getresponse().read()
    seen = {key.lower(): value for key, value in site.seen[-1].items()}
    assert seen["x-kept"] == "2"
    assert seen["connection"] == "close"
    assert not {"proxy-authorization", "x-secret", "te"} & set(seen)


def test_pipelined_requests_are_answered_in_order(start_door: Any, site: Any, read_all: Any) -> None:
    door = start_door(site.server_port)
    base = f"{HOST}:{site.server_port}"
    raw = "".join(
        f"GET http://{base}/{n} HTTP/1.1\r\nHost: {base}\r\n{last}\r\n"
        for n, last in (("a", ""), ("b", "Connection: close\r\n"))
    )
    answer = door.ask(raw.encode())
    assert answer.index(b"/a at") < answer.index(b"/b at")


def test_expect_continue(start_door: Any, site: Any) -> None:
    door = start_door(site.server_port)
    base = f"{HOST}:{site.server_port}"
    with door.connect(door.proxy) as sock:
        sock.sendall(
            f"POST http://{base}/e HTTP/1.1\r\nHost: {base}\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert sock.recv(1000).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"abc")
        assert sock.recv(1000).startswith(b"HTTP/1.1 201 ")


def test_a_tunnel_carries_tls_in_many_small_pieces(start_door: Any, tls_site: Any, certificate: Any) -> None:
    door = start_door(tls_site.server_port)
    sock = door.tunnel(HOST, tls_site.server_port)
    context = ssl.create_default_context(cafile=certificate)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = context.wrap_bio(incoming, outgoing, server_hostname=HOST)
    with sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(20):
            try:
                engine.do_handshake()
                break
            except ssl.SSLWantReadError:
                data = outgoing.read()
                for at in range(0, len(data), 40):
                    sock.sendall(data[at : at + 40])
                incoming.write(sock.recv(65536))
        assert engine.version() in ("TLSv1.3", "TLSv1.2")


def test_the_network_may_fail_and_says_so(start_door: Any) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    door = start_door(port)
    answer = door.ask(f"CONNECT {HOST}:{port} HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"Vigiles-Reason" not in answer
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert flow.marks == ["dial.error=refused"]
    assert flow.reason == "allowed"
