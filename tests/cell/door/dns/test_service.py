"""The door's DNS: addresses for listed names, and nothing else."""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import Any

import msgspec

from vigiles.cell.door.messages import ItIs, Registration, encode

HOST = "allowed.example"
A, TXT, AAAA, HTTPS = 1, 16, 28, 65


def question(name: str, qtype: int = A, edns: bool = False) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0) if edns else b""
    return struct.pack("!6H", 77, 0x0100, 1, 0, 0, int(edns)) + labels + struct.pack("!HH", qtype, 1) + opt


def read(message: bytes) -> tuple[int, list[str]]:
    """Return the rcode and the addresses of an answer whose records point to its question."""
    ident, flags, _, count, _, _ = struct.unpack_from("!6H", message)
    assert (ident, flags & 0x8000) == (77, 0x8000)
    at = message.index(b"\0", 12) + 5
    found = []
    for _ in range(count):
        assert message[at : at + 2] == b"\xc0\x0c"
        size = struct.unpack_from("!H", message, at + 10)[0]
        found.append(str(ipaddress.ip_address(message[at + 12 : at + 12 + size])))
        at += 12 + size
    return flags & 15, found


def udp(door: Any, message: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(message, ("127.0.0.1", door.dns_udp))
        return sock.recv(4096)


def test_listed_names_only(start_door: Any) -> None:
    door = start_door(443)
    assert read(udp(door, question(HOST))) == (0, ["198.18.0.1"])
    assert read(udp(door, question("ALLOWED.example"))) == (0, ["198.18.0.1"])
    assert read(udp(door, question(HOST, AAAA))) == (0, [])
    assert read(udp(door, question(HOST, TXT))) == (0, [])
    assert read(udp(door, question(HOST, HTTPS))) == (0, [])
    assert read(udp(door, question("evil.example"))) == (3, [])
    assert read(udp(door, question("x.allowed.example"))) == (3, [])
    told = door.queries(7)
    assert [(q.name, q.qtype, q.outcome, q.reason) for q in told] == [
        (HOST, "A", "answered", "allowed"),
        ("ALLOWED.example", "A", "answered", "allowed"),
        (HOST, "AAAA", "answered", "allowed"),
        (HOST, "TXT", "answered", "allowed"),
        (HOST, "HTTPS", "answered", "allowed"),
        ("evil.example", "A", "refused", "dns_name"),
        ("x.allowed.example", "A", "refused", "dns_name"),
    ]
    assert told[0].answers == ["198.18.0.1"]
    assert (told[0].attribution.grade, told[0].attribution.call) == ("exact", 7)


def test_where_a_service_of_a_listed_host_is_may_be_asked(start_door: Any) -> None:
    door = start_door(443)
    assert read(udp(door, question(f"_https._tcp.{HOST}", 33))) == (3, [])
    assert read(udp(door, question(f"_dns.{HOST}", HTTPS))) == (3, [])
    assert read(udp(door, question("_https._tcp.evil.example", 33))) == (3, [])
    assert read(udp(door, question(f"_https._tcp.{HOST}", A))) == (3, [])
    assert [(q.outcome, q.reason) for q in door.queries(4)] == [
        ("nxdomain", "allowed"),
        ("nxdomain", "allowed"),
        ("refused", "dns_name"),
        ("refused", "egress_malformed"),
    ]


def test_a_refusal_says_prohibited_to_who_can_hear_it(start_door: Any) -> None:
    door = start_door(443)
    assert struct.pack("!HHH", 15, 2, 18) in udp(door, question("evil.example", edns=True))
    assert struct.pack("!HHH", 15, 2, 18) not in udp(door, question(HOST, edns=True))


def test_over_tcp(start_door: Any) -> None:
    door = start_door(443)
    with door.connect(door.dns_tcp, call=6) as sock:
        both = b"".join(struct.pack("!H", len(m)) + m for m in (question(HOST), question("evil.example")))
        for at in range(0, len(both), 7):
            sock.sendall(both[at : at + 7])
        answers = []
        with sock.makefile("rb") as stream:
            for _ in range(2):
                answers.append(read(stream.read(int.from_bytes(stream.read(2), "big"))))
    assert answers == [(0, ["198.18.0.1"]), (3, [])]
    assert {q.attribution.call for q in door.queries(2)} == {6}


def test_broken_messages(start_door: Any) -> None:
    door = start_door(443)
    loop = question("a")[:12] + b"\xc0\x0c" + struct.pack("!HH", 1, 1)
    assert udp(door, loop)[3] & 15 == 1
    assert udp(door, question(HOST) + b"tail")[3] & 15 == 1
    nul = question("a\0b.allowed.example".replace(".", "\1"))[:12] + b"\x0fallowed\0example\0" + struct.pack("!HH", 1, 1)
    assert udp(door, nul)[3] & 15 == 3
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for junk in (b"", b"x", b"\xff" * 600, question(HOST)[:20]):
            sock.sendto(junk, ("127.0.0.1", door.dns_udp))
    assert read(udp(door, question(HOST))) == (0, ["198.18.0.1"])
    assert [q.outcome for q in door.queries(8)].count("malformed") >= 4
    assert door.queries()[2].name == "allowed\\000example"


def test_limits_of_number_and_of_entropy(start_door: Any) -> None:
    door = start_door(443, dns_max_queries=4, dns_max_label_entropy_mbits=3500)
    long = "mzxw6ytboi4dkmrsgq3tqnzvgezdgnbvgy3tqojq"
    assert udp(door, question(f"{long}.evil.example"))[3] & 15 == 5
    assert udp(door, question("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.evil.example"))[3] & 15 == 3
    for _ in range(4):
        last = udp(door, question(HOST))
    assert last[3] & 15 == 5
    assert [q.reason for q in door.queries(6)] == [
        "dns_budget",
        "dns_name",
        "allowed",
        "allowed",
        "dns_budget",
        "dns_budget",
    ]
    assert door.queries()[0].entropy_mbits > 3500


def test_names_of_this_machine_in_observe(start_door: Any) -> None:
    door = start_door(mode="observe")
    rcode, addresses = read(udp(door, question("localhost")))
    assert (rcode, addresses) == (0, ["127.0.0.1"])
    assert read(udp(door, question("no-such-host.invalid")))[0] == 3
    assert [q.outcome for q in door.queries(2)] == ["answered", "nxdomain"]
    assert [q.reason for q in door.queries()] == ["allowed_observe"] * 2


def test_no_network_answers_nothing(start_door: Any) -> None:
    door = start_door(mode="none")
    assert read(udp(door, question(HOST))) == (3, [])


def test_a_datagram_is_whose_socket_it_is_now(start_door: Any) -> None:
    door = start_door(443, caller_ms=300)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.bind(("127.0.0.1", 0))
        stale = Registration(
            transport="udp",
            family="inet",
            source_address="127.0.0.1",
            source_port=sock.getsockname()[1],
            door_port=door.dns_udp,
            call=1,
            pid=1,
        )
        door.ports.send(encode(stale))
        for owner in (door.owner, msgspec.structs.replace(door.owner, call=1), ItIs(token=0), None):
            door.owner = owner
            sock.sendto(question(HOST), ("127.0.0.1", door.dns_udp))
            assert read(sock.recv(512))[0] == 0
    seen = [(q.attribution.grade, q.attribution.call, bool(q.attribution.disagreement)) for q in door.queries(4)]
    assert seen == [("exact", 7, True), ("exact", 1, False), ("none", None, False), ("none", None, False)]


def test_bytes_in_names_have_a_budget_and_the_listed_name_carries_none(start_door: Any) -> None:
    door = start_door(443, exfil_dns_bytes_call=200)
    codes = [read(udp(door, question(f"note{number:020}.evil.example")))[0] for number in range(12)]
    assert codes == [3] * 8 + [5] * 4
    told = door.queries(12)
    assert [one.reason for one in told] == ["dns_name"] * 8 + ["budget_exfil"] * 4
    assert [one.hidden_bytes for one in told] == [24] * 12
    assert read(udp(door, question(HOST)))[0] == 0
    assert read(udp(door, question(f"note{1:020}.evil.example"))) == (3, [])
    assert [one.hidden_bytes for one in door.queries(14)[12:]] == [0, 0]
