"""Made-up addresses: one name each, exactly; the real name is resolved, checked and dialled when somebody connects."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.cell.door.dns import synthetic
from vigiles.cell.door.dns.synthetic import FOUR, SIX, Synthetic
from vigiles.ruleset.egress import in_ranges
from vigiles.ruleset.profile import REFUSED_RANGES, Egress

HOST, OTHER = "allowed.example", "other.example"
#: In the door's own process: names mean what the test says, one answer after the other, the last for ever.
_RESOLVER = """
import socket
answers = {answers!r}
def getaddrinfo(host, port, *_, **__):
    if host not in answers:
        raise socket.gaierror(-2, "unknown")
    found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]
socket.getaddrinfo = getaddrinfo
"""


def pool(**egress: Any) -> tuple[Synthetic, list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    made = Synthetic(Egress(mode="allow", **egress), lambda address, name: told.append((address, name)))
    return made, told


def test_names_have_their_addresses_by_the_order_of_the_profile() -> None:
    hosts = ["a.example:80", "a.example:443", "203.0.113.5:443", "b.example:443"]
    made, told = pool(hosts=hosts)
    assert made.give("b.example") == ("198.18.0.2", "2001:2::c612:2")
    assert made.give("a.example") == ("198.18.0.1", "2001:2::c612:1")
    assert made.give("unlisted.example") == ("198.18.0.3", "2001:2::c612:3")
    assert [made.give("b.example"), made.name("198.18.0.2"), made.name("2001:2::c612:2")] == [
        ("198.18.0.2", "2001:2::c612:2"), "b.example", "b.example"
    ]  # fmt: skip
    assert [address for address, name in told if name == "b.example"] == ["198.18.0.2", "2001:2::c612:2"]


def test_what_was_not_given_out_has_no_name() -> None:
    made, _ = pool(hosts=["a.example:443"])
    for address in ("198.18.0.1", "198.19.255.255", "198.18.0.0", "2001:2::c612:1", "2001:2::", "2001:2:0:1::1"):
        assert made.covers(address)
        assert made.name(address) is None
    made.give("a.example")
    for elsewhere in ("2001:2:0:1::c612:1", "2001:2::1:c612:1", "198.18.0.2"):
        assert made.name(elsewhere) is None
    for foreign in ("198.17.255.255", "198.20.0.0", "2001:2:1::1", "203.0.113.1", "a.example", "localhost"):
        assert not made.covers(foreign)
        assert made.name(foreign) is None


def test_an_address_of_the_profile_means_itself() -> None:
    made, _ = pool(hosts=["198.18.0.1:443", "a.example:443", "b.example:443"], pins={"a.example:443": "2001:2::c612:2"})
    assert not made.covers("198.18.0.1")
    assert not made.covers("2001:2::c612:2")
    assert made.give("a.example") == ("198.18.0.3", "2001:2::c612:3")
    assert made.give("b.example")[0] == "198.18.0.4"


def test_what_is_forgotten_leads_nowhere_and_comes_again_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "MAX_NAMES", most := 8)
    monkeypatch.setattr(synthetic, "_ROOM", room := 64)
    made, _ = pool(hosts=["listed.example:443"])
    listed, first = made.give("listed.example"), made.give("first.example")
    given = [made.give(f"n{at}.example")[0] for at in range(most - 1)]
    assert made.name(first[0]) == "first.example"  # and so it was spoken of last
    given.append(made.give("one-more.example")[0])
    assert [made.name(address) for address in (first[0], given[0])] == ["first.example", None]
    given += [made.give(f"m{at}.example")[0] for at in range(most)]
    assert made.name(first[0]) is None
    given += [made.give(f"o{at}.example")[0] for at in range(room - 3 - len(given))]
    assert len({*given, listed[0], first[0]}) == room - 1
    assert [made.give(f"p{at}.example")[0] for at in range(3)] == ["198.18.0.64", first[0], given[0]]
    assert made.name(first[0]) == "p1.example"
    assert (made.name(listed[0]), made.give("listed.example")) == ("listed.example", listed)


@settings(max_examples=50)
@given(st.lists(st.sampled_from([f"n{at}.example" for at in range(12)]), max_size=40))
def test_one_name_one_address(names: list[str]) -> None:
    made, _ = pool(hosts=["n3.example:443"])
    addresses = {name: made.give(name) for name in names}
    assert {name: made.give(name) for name in names} == addresses
    assert len({four for four, _ in addresses.values()}) == len(addresses)
    for name, (four, six) in addresses.items():
        assert (made.name(four), made.name(six)) == (name, name)
        assert ipaddress.ip_address(four) in FOUR
        assert ipaddress.ip_address(six) in SIX


def test_no_real_host_may_have_such_an_address() -> None:
    for network in (FOUR, SIX):
        assert str(network) in REFUSED_RANGES
        assert in_ranges(list(REFUSED_RANGES), network[7])


# -- at a real door -------------------------------------------------------------------------------------------------


@pytest.fixture
def resolve() -> Callable[..., list[str]]:
    def ask(door: Any, name: str, qtype: int = 1) -> list[str]:
        question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            query = struct.pack("!6H", 9, 0x100, 1, 0, 0, 0) + question + struct.pack("!HH", qtype, 1)
            sock.sendto(query, ("127.0.0.1", door.dns_udp))
            answer = sock.recv(512)
        if answer[3] & 15:
            return [f"rcode {answer[3] & 15}"]
        count, at = int.from_bytes(answer[6:8], "big"), len(query)
        return [socket.inet_ntoa(answer[at + 16 * n + 12 : at + 16 * n + 16]) for n in range(count)]

    return ask


def get(host: str, port: int, path: str = "/p") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()


def test_a_plain_connect_reaches_the_name_for_whoever_uses_its_address(
    start_door: Any, site: Any, read_all: Any, resolve: Any
) -> None:
    door = start_door(site.server_port)
    (address,) = resolve(door, HOST)
    assert resolve(door, HOST) == [address]
    for call, spelling in ((1, address), (2, f"::ffff:{address}"), (3, "2001:2::c612:1")):
        with door.connect(door.transparent, call=call, destination=(spelling, site.server_port)) as sock:
            sock.sendall(get(HOST, site.server_port))
            assert b"/p at allowed.example" in read_all(sock)
        flow = door.wait_flow(lambda f, number=call: f.phase == "close" and f.attribution.call == number)
        assert (flow.via, flow.host, flow.address) == ("transparent", HOST, "127.0.0.1")


def test_hosts_that_share_an_address_are_told_apart(
    start_door: Any, tls_site: Any, certificate: Any, read_all: Any, resolve: Any, hello: Any
) -> None:
    port = tls_site.server_port
    hosts = [f"{HOST}:{port}", f"{OTHER}:{port}"]
    door = start_door(hosts=hosts, pins=dict.fromkeys(hosts, "127.0.0.1"))
    (address,) = resolve(door, HOST)
    (other,) = resolve(door, OTHER)
    assert address != other
    sock = door.connect(door.transparent, destination=(address, port))
    with ssl.create_default_context(cafile=certificate).wrap_socket(sock, server_hostname=HOST) as wrapped:
        wrapped.sendall(get(HOST, port))
        assert b"/p at" in b"".join(iter(lambda: wrapped.recv(4096), b""))
    for meant, said in ((other, hello(HOST)), (address, hello(OTHER)), (address, get(OTHER, port)), (address, hello(None))):
        with door.connect(door.transparent, destination=(meant, port)) as sock:
            sock.sendall(said)
            assert read_all(sock) == b"<RST>"
    door.wait(lambda _: len(door.flows("refused")) == 4)
    assert [(flow.host, flow.reason) for flow in door.flows("refused")] == [
        (OTHER, "egress_protocol"), *[(HOST, "egress_protocol")] * 3
    ]  # fmt: skip


def test_an_address_never_given_out_and_a_port_not_listed(
    start_door: Any, outside: Any, read_all: Any, resolve: Any
) -> None:
    server = outside()
    door = start_door(server.port)
    for destination, reason, host in (
        (("198.18.0.1", server.port), "egress_address", "198.18.0.1"),
        (("198.19.7.7", server.port), "egress_address", "198.19.7.7"),
        (("2001:2::c612:1", server.port), "egress_address", "2001:2::c612:1"),
        (("198.18.0.1", server.port + 1), "egress_port", HOST),
    ):
        if reason == "egress_port":
            assert resolve(door, HOST) == ["198.18.0.1"]
        before = len(door.flows("refused"))
        with door.connect(door.transparent, destination=destination) as sock:
            assert read_all(sock) == b"<RST>"  # at once: it is not heard out
        door.wait(lambda _, n=before: len(door.flows("refused")) > n)
        flow = door.flows("refused")[-1]
        assert (flow.reason, flow.host, flow.port) == (reason, host, destination[1])
    assert not server.connections


def test_a_name_that_comes_to_mean_another_address(
    start_door: Any, site: Any, outside: Any, read_all: Any, resolve: Any
) -> None:
    port = site.server_port
    answers = {HOST: [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2", "127.0.0.1"]], OTHER: [["127.0.0.2"]]}
    door = start_door(
        hosts=[f"{HOST}:{port}", f"{OTHER}:{port}"],
        refused_ranges=["127.0.0.2/32"],
        sabotage=_RESOLVER.format(answers=answers),
    )
    (address,), (other,) = resolve(door, HOST), resolve(door, OTHER)
    came = []
    for meant, name in ((address, HOST), (address, HOST), (address, HOST), (other, OTHER)):
        with door.connect(door.transparent, destination=(meant, port)) as sock:
            sock.sendall(get(name, port))
            came.append(read_all(sock))
    assert [b"/p at allowed.example" in answer for answer in came] == [True, False, True, False]
    assert came[1] == came[3] == b"<RST>"
    assert [(flow.host, flow.reason) for flow in door.flows("refused")] == [
        (HOST, "egress_address"),
        (OTHER, "egress_address"),
    ]
    assert {flow.address for flow in door.flows("close")} == {"127.0.0.1"}


def test_such_an_address_stands_for_its_name_at_the_proxy_too(
    start_door: Any, site: Any, read_all: Any, resolve: Any
) -> None:
    port = site.server_port
    door = start_door(port)
    (address,) = resolve(door, HOST)
    with door.tunnel(address, port) as sock:
        sock.sendall(get(HOST, port, "/c"))
        assert b"/c at allowed.example" in read_all(sock)
    asked = door.ask(
        f"GET http://{address}:{port}/a HTTP/1.1\r\nHost: {address}:{port}\r\nConnection: close\r\n\r\n".encode()
    )
    assert b"/a at allowed.example" in asked
    with door.connect(door.socks) as sock:
        sock.sendall(b"\x05\x01\x00\x05\x01\x00\x01" + socket.inet_aton(address) + port.to_bytes(2, "big"))
        assert sock.recv(2) == b"\x05\x00"
        assert sock.recv(10)[1] == 0
        sock.sendall(get(HOST, port, "/s"))
        assert b"/s at allowed.example" in read_all(sock)
    door.wait(lambda _: len(door.flows("close")) == 3)
    assert {flow.host for flow in door.flows("close")} == {HOST}
    for refused in (f"198.18.0.2:{port}", f"[2001:2::9]:{port}"):
        assert b"egress_address" in door.ask(f"CONNECT {refused} HTTP/1.1\r\nHost: {refused}\r\n\r\n".encode())


def test_in_observe_only_what_exists_has_an_address(start_door: Any, outside: Any, read_all: Any, resolve: Any) -> None:
    server = outside(lambda sock, server: sock.sendall(b"hello " + server.hear(sock)))
    answers = {OTHER: [["203.0.113.9"], ["127.0.0.1"]], "self.example": [["127.0.0.1"]]}
    door = start_door(mode="observe", sabotage=_RESOLVER.format(answers=answers))
    assert resolve(door, "no-such-host.invalid") == ["rcode 3"]
    assert resolve(door, "self.example") == ["127.0.0.1"]  # the cell's own loopback, as before
    (address,) = resolve(door, OTHER)
    assert address == "198.18.0.1"
    with door.connect(door.transparent, destination=(address, server.port)) as sock:
        sock.sendall(b"SSH-2.0-x\r\n")
        assert sock.recv(100) == b"hello SSH-2.0-x\r\n"
    flow = door.wait_flow(lambda f: f.phase == "close")
    assert (flow.host, flow.address, flow.reason) == (OTHER, "127.0.0.1", "allowed_observe")
    with door.connect(door.transparent, destination=("198.18.0.2", server.port)) as sock:
        assert read_all(sock) == b"<RST>"
    assert door.wait_flow(lambda f: f.phase == "refused").reason == "egress_address"


def test_a_container_that_runs_already_gets_real_addresses(start_door: Any, resolve: Any) -> None:
    door = start_door(443, redirected=True)
    assert resolve(door, HOST) == ["127.0.0.1"]
