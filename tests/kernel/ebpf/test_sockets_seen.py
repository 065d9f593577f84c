"""Sockets made, connected and sent from, over the loopback of this machine."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from vigiles.kernel.ebpf.events import Event
from vigiles.kernel.ebpf.programs import Programs

pytestmark = pytest.mark.asroot
Inside = Callable[..., Any]
TOKEN, OTHER = 11, 22
MPTCP = 262
FASTOPEN = 0x2000_0000


def _listener(family: int, kind: int, protocol: int = 0) -> socket.socket:
    try:
        server = socket.socket(family, kind, protocol)
    except OSError as error:
        pytest.skip(f"needs the protocol {protocol}: {error}")
    server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        server.listen(8)
    return server


@pytest.fixture
def server() -> Iterator[Callable[..., tuple[str, int]]]:
    """Make a server outside of every group; return its address and port."""
    made: list[socket.socket] = []

    def make(family: int, kind: int, protocol: int = 0) -> tuple[str, int]:
        made.append(_listener(family, kind, protocol))
        host, port = made[-1].getsockname()[:2]
        return str(host), int(port)

    yield make
    for one in made:
        one.close()


def _only(events: list[Event], kind: str) -> Event:
    (event,) = [one for one in events if one.kind == kind]
    return event


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_tcp(attached: Programs, call: Any, inside: Inside, server: Any, family: int, host: str) -> None:
    there = server(family, socket.SOCK_STREAM)
    attached.assign(call.id, TOKEN)

    def act() -> None:
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.connect(there)

    pid, _ = inside(call, act)
    events = attached.events()
    made, connect = _only(events, "socket"), _only(events, "connect")
    for event in (made, connect):
        assert (event.token, event.cgroup, event.task_token, event.task_cgroup) == (TOKEN, call.id, TOKEN, call.id)
        assert (event.pid, event.creator, event.ppid) == (pid, pid, os.getpid())
        assert (event.family, event.type) == (family, socket.SOCK_STREAM)
    assert (connect.address, connect.port, connect.protocol) == (host, there[1], socket.IPPROTO_TCP)
    assert (made.address, made.port) == ("", 0)


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_udp(attached: Programs, call: Any, inside: Inside, server: Any, family: int, host: str) -> None:
    there = server(family, socket.SOCK_DGRAM)
    attached.assign(call.id, TOKEN)

    def act() -> None:
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.sendto(b"x", there)

    pid, _ = inside(call, act)
    sent = _only(attached.events(), "send")
    assert (sent.address, sent.port, sent.type, sent.family) == (host, there[1], socket.SOCK_DGRAM, family)
    assert (sent.token, sent.cgroup, sent.task_token, sent.pid) == (TOKEN, call.id, TOKEN, pid)
    assert (sent.creator, sent.protocol) == (pid, socket.IPPROTO_UDP)


def test_datagrams_to_one_place_are_told_once(attached: Programs, top: Any, call: Any, inside: Inside, server: Any) -> None:
    """And again for another place, another process, another call."""
    here, there = (server(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    other = top.child("other")
    attached.assign(call.id, TOKEN)
    attached.assign(other.id, OTHER)

    def act() -> int:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for place in (here, here, there, there, here, here):
                client.sendto(b"x", place)
            child = os.fork()
            if not child:
                client.sendto(b"x", here)
                client.sendto(b"x", here)
                other.enter()
                client.sendto(b"x", here)
                client.sendto(b"x", here)
                os._exit(0)
            os.waitpid(child, 0)
            return child

    pid, child = inside(call, act)
    sent = [event for event in attached.events() if event.kind == "send"]
    assert [(event.pid, event.port, event.task_token) for event in sent] == [
        (pid, here[1], TOKEN),
        (pid, there[1], TOKEN),
        (pid, here[1], TOKEN),
        (child, here[1], TOKEN),
        (child, here[1], OTHER),
    ]
    assert {event.token for event in sent} == {TOKEN}
    assert attached.counts(call.id).packets == 10


def test_a_datagram_through_a_socket_that_was_there_before(
    programs: Programs, call: Any, inside: Inside, at_home: Any, server: Any
) -> None:
    there = server(socket.AF_INET, socket.SOCK_DGRAM)
    programs.assign(call.id, TOKEN)

    def attach() -> None:
        fd = os.open(call.path, os.O_RDONLY)
        programs.attach(fd)
        os.close(fd)

    attached = at_home(attach)

    def act() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            attached()
            client.sendto(b"x", there)
            client.sendto(b"x", there)

    pid, _ = inside(call, act)
    sent = _only(programs.events(), "send")
    assert (sent.token, sent.pid, sent.creator) == (TOKEN, pid, 0)


def test_a_datagram_to_ipv4_through_an_ipv6_socket(attached: Programs, call: Any, inside: Inside, server: Any) -> None:
    host, port = server(socket.AF_INET, socket.SOCK_DGRAM)
    attached.assign(call.id, TOKEN)

    def act() -> None:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
            client.sendto(b"x", (f"::ffff:{host}", port))

    inside(call, act)
    sent = [event for event in attached.events() if event.kind == "send"]
    assert {(event.address, event.port) for event in sent} == {(host, port)}


def test_a_connected_datagram_socket_shows_its_connect(attached: Programs, call: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_DGRAM)
    attached.assign(call.id, TOKEN)

    def act() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(there)
            client.send(b"x" * 100)

    inside(call, act)
    events = attached.events()
    assert _only(events, "connect").port == there[1]
    assert [event for event in events if event.kind == "send"] == []
    assert attached.egress_bytes(call.id) == 128


def test_ipv4_through_an_ipv6_socket(attached: Programs, call: Any, inside: Inside, server: Any) -> None:
    host, port = server(socket.AF_INET, socket.SOCK_STREAM)
    attached.assign(call.id, TOKEN)

    def act() -> None:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as client:
            client.connect((f"::ffff:{host}", port))

    inside(call, act)
    connect = _only(attached.events(), "connect")
    assert (connect.address, connect.port, connect.family) == (host, port, socket.AF_INET6)


def test_multipath_tcp(attached: Programs, call: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_STREAM, MPTCP)
    attached.assign(call.id, TOKEN)

    def act() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP) as client:
            client.connect(there)

    pid, _ = inside(call, act)
    events = attached.events()
    assert _only(events, "socket").protocol == MPTCP
    connect = _only(events, "connect")
    assert (connect.token, connect.address, connect.port) == (TOKEN, *there)
    assert (connect.protocol, connect.creator) == (MPTCP, pid)


def test_fast_open_connects_without_connect(attached: Programs, call: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_STREAM)
    attached.assign(call.id, TOKEN)

    def act() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.sendto(b"hello", FASTOPEN, there)

    inside(call, act)
    connect = _only(attached.events(), "connect")
    assert (connect.token, connect.address, connect.port) == (TOKEN, *there)


def test_a_refused_connect_is_seen(attached: Programs, call: Any, inside: Inside) -> None:
    with socket.socket() as idle:
        idle.bind(("127.0.0.1", 0))
        there = idle.getsockname()
        attached.assign(call.id, TOKEN)

        def act() -> int:
            with socket.socket() as client:
                return client.connect_ex(there)

        _, result = inside(call, act)
    assert result != 0
    assert _only(attached.events(), "connect").port == there[1]


def test_a_socket_of_the_call_connected_from_outside(attached: Programs, call: Any, inside: Inside, server: Any) -> None:
    """What the notifier does for its callers."""
    there = server(socket.AF_INET, socket.SOCK_STREAM)
    attached.assign(call.id, TOKEN)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def act() -> None:
        with socket.socket() as client:
            theirs.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [client.fileno()]))])

    with ours, theirs:
        maker, _ = inside(call, act)
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    with socket.socket(fileno=fds[0]) as handed:
        handed.connect(there)
    connect = _only(attached.events(), "connect")
    assert (connect.token, connect.cgroup, connect.creator) == (TOKEN, call.id, maker)
    assert (connect.task_token, connect.pid) == (0, os.getpid())
    assert connect.task_cgroup != call.id


def test_a_socket_used_by_another_call(attached: Programs, top: Any, call: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_STREAM)
    other = top.child("other")
    attached.assign(call.id, TOKEN)
    attached.assign(other.id, OTHER)

    def act() -> int:
        with socket.socket() as client:
            child = os.fork()
            if not child:
                other.enter()
                client.connect(there)
                os._exit(0)
            os.waitpid(child, 0)
            return child

    maker, user = inside(call, act)
    connect = _only(attached.events(), "connect")
    assert (connect.token, connect.creator) == (TOKEN, maker)
    assert (connect.task_token, connect.task_cgroup, connect.pid) == (OTHER, other.id, user)


def test_a_socket_from_outside_used_by_a_call(attached: Programs, top: Any, call: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_STREAM)
    plain = top.child("plain")
    attached.assign(call.id, TOKEN)

    def act() -> None:
        with socket.socket() as client:
            child = os.fork()
            if not child:
                call.enter()
                client.connect(there)
                os._exit(0)
            os.waitpid(child, 0)

    inside(plain, act)
    connect = _only(attached.events(), "connect")
    assert (connect.token, connect.cgroup, connect.creator) == (0, plain.id, 0)
    assert (connect.task_token, connect.task_cgroup) == (TOKEN, call.id)


def test_sockets_of_a_double_forked_daemon(attached: Programs, call: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_STREAM)
    attached.assign(call.id, TOKEN)

    def act() -> int:
        reader, writer = os.pipe()
        if not os.fork():
            os.setsid()
            if not os.fork():
                with socket.socket() as client:
                    client.connect(there)
                os.write(writer, str(os.getpid()).encode())
            os._exit(0)
        os.close(writer)
        os.wait()
        with os.fdopen(reader, "rb") as file:
            return int(file.read())

    _, daemon = inside(call, act)
    connect = _only(attached.events(), "connect")
    assert (connect.token, connect.pid) == (TOKEN, daemon)


def test_many_calls_keep_their_own(attached: Programs, top: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_DGRAM)
    calls = [top.child(f"call-{number}") for number in range(1, 21)]
    pids = {}
    for token, one in enumerate(calls, 1):
        attached.assign(one.id, token)

        def act() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"x", there)

        pids[token], _ = inside(one, act)
    sent = [event for event in attached.events() if event.kind == "send"]
    assert [(event.token, event.pid) for event in sent] == sorted(pids.items())


def test_bytes_are_counted_for_their_call(attached: Programs, top: Any, call: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_DGRAM)
    other, below = top.child("other"), call.child("below")
    attached.assign(call.id, TOKEN)
    attached.assign(other.id, OTHER)

    def send(times: int) -> Callable[[], None]:
        def act() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                for _ in range(times):
                    client.sendto(bytes(972), there)

        return act

    inside(call, send(10))
    assert (attached.counts(call.id).bytes, attached.counts(call.id).packets) == (10_000, 10)
    assert attached.egress_bytes(other.id) == 0
    inside(below, send(1))
    inside(other, send(2))
    assert attached.egress_bytes(call.id) == 11_000
    assert attached.forget(other.id).bytes == 2_000


def test_a_group_outside_the_attachment_is_left_alone(programs: Programs, top: Any, inside: Inside, server: Any) -> None:
    there = server(socket.AF_INET, socket.SOCK_STREAM)
    watched, unwatched = top.child("watched"), top.child("unwatched")
    fd = os.open(watched.path, os.O_RDONLY)
    attachment = programs.attach(fd)
    os.close(fd)
    programs.assign(watched.id, TOKEN)
    programs.assign(unwatched.id, OTHER)

    def act() -> None:
        with socket.socket() as client:
            client.connect(there)

    inside(watched, act)
    inside(unwatched, act)
    assert [(event.kind, event.token) for event in programs.events()] == [
        ("socket", TOKEN),
        ("connect", TOKEN),
        ("exit", TOKEN),
        ("exit", OTHER),
    ]
    attachment.close()
    attachment.close()
    inside(watched, act)
    assert [event.kind for event in programs.events()] == ["exit"]
