"""The door without a listener: every kind of client comes through, nobody else does, in a world without user namespaces."""

from __future__ import annotations

import errno
import socket

import pytest

from vigiles.cell.bare import passage

_WORKS = ["urllib", "by name", "by address", "mapped", "six", "only six", "asyncio", "socks", "shared", "bound"]
_REFUSED = {
    "other name, looked up": "Name or service not known",
    "other address": "Errno 13",
    "other port": "Errno 104",
    "transparent port": "Errno 104",
    "host's loopback": "Errno 13",
    "udp": "Errno 13",
    "raw": "Errno 13",
    "to a device": "Errno 1]",
    "to a device's number": "Errno 1]",
    "source route": "Errno 1]",
    "door's port": "Errno 98",
    "docker.sock": "Errno 13",
    "abstract": "Errno 13",
}


@pytest.mark.cell
@pytest.mark.parametrize("way", _WORKS)
def test_the_allowed_host_is_reached(networked, way: str) -> None:
    assert networked()["work"][way][:2] == [0, "honest"], networked()["work"][way]


@pytest.mark.cell
def test_twenty_threads_at_once_and_a_connect_asked_for_twice(networked) -> None:
    assert networked()["work"]["threads"][1] == "20"
    assert networked()["work"]["twice"][1] == "[115, (0, 0, 106), 'honest']"


@pytest.mark.cell
def test_curl_by_the_proxy_and_past_it(networked) -> None:
    assert networked()["curl"][:2] == [0, "honest"]
    assert networked()["curl past the proxy"][:2] == [0, "honest"]


@pytest.mark.cell
def test_a_server_of_one_s_own_is_still_reached(networked) -> None:
    assert networked()["own server"][:2] == [0, "own"]


@pytest.mark.cell
@pytest.mark.parametrize("attack", _REFUSED)
def test_what_is_not_allowed_is_refused(networked, attack: str) -> None:
    code, out, error = networked()["attacks"][attack]
    assert (code, out) == (1, "")
    assert _REFUSED[attack] in error


@pytest.mark.cell
def test_another_name_is_refused_by_the_door(networked) -> None:
    assert "403 Forbidd" in networked()["attacks"]["other name"][1]


@pytest.mark.cell
def test_the_door_s_port_leads_to_the_door_whoever_has_it_on_the_host(networked) -> None:
    assert networked()["attacks"]["host's own 3128"][:2] == [0, "honest"]
    assert networked()["came to the host"] == [0, 0, 0, 0]


@pytest.mark.cell
def test_a_stranger_who_knocks_at_every_port_is_told_nothing(networked) -> None:
    assert networked()["stranger"][1] == 0


@pytest.mark.cell
def test_every_flow_and_name_has_its_call(networked) -> None:
    result = networked()
    assert result["door"] is True
    assert {flow[4] for flow in result["flows"]} == {"exact"}
    assert result["methods"] == [["listener"]]
    assert result["disagreeing"] == 0
    assert ["other.example", 8000, "proxy", "egress_host", "exact"] in result["flows"]
    assert {tuple(name) for name in result["names"]} == {("allowed.example", "answered"), ("other.example", "refused")}


@pytest.mark.cell
def test_after_a_cut_nothing_reaches_the_door(networked) -> None:
    assert "Errno 13" in networked()["after the cut"][2]


def test_the_other_end_is_that_of_the_caller_s_own_socket() -> None:
    with socket.socket() as sock:
        error, other = passage.through(sock)
        assert (error, other is not None) == (0, True)
        assert other is not None
        with other:
            assert other.getpeername() == sock.getsockname()
            sock.sendall(b"hello")
            assert other.recv(5) == b"hello"
            port = other.getsockname()[1]
        with socket.socket() as late:
            assert late.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def test_who_comes_before_is_reset_and_the_caller_is_found() -> None:
    with socket.socket() as sock, socket.socket() as stranger, passage._listening(sock) as listening:
        stranger.connect(listening.getsockname())
        sock.connect(listening.getsockname())
        other = passage._arrived(listening, sock)
        assert other is not None
        with other:
            assert other.getpeername() == sock.getsockname()
        stranger.settimeout(5)
        with pytest.raises(ConnectionResetError):
            stranger.recv(1)


def test_a_stranger_alone_is_nobody_s_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passage, "_PATIENCE_S", 0.05)
    with socket.socket() as sock, socket.socket() as stranger, passage._listening(sock) as listening:
        stranger.connect(listening.getsockname())
        assert passage._arrived(listening, sock) is None


def test_a_connected_socket_is_not_connected_again() -> None:
    with socket.socket() as sock, socket.create_server(("127.0.0.1", 0)) as server:
        sock.connect(server.getsockname())
        assert passage.through(sock) == (errno.EISCONN, None)


def test_a_socket_that_does_not_wait_is_told_so() -> None:
    with socket.socket() as sock:
        sock.setblocking(False)
        error, other = passage.through(sock)
        assert error == errno.EINPROGRESS
        assert other is not None
        other.close()


@pytest.mark.parametrize("only", [0, 1])
def test_ipv6_sockets_come_through_both_ways(only: int) -> None:
    try:
        sock = socket.socket(socket.AF_INET6)
    except OSError:
        pytest.skip("a kernel without IPv6")
    with sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        error, other = passage.through(sock)
        assert error == 0
        assert other is not None
        other.close()
