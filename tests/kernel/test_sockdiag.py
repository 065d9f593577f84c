"""The kernel is asked in which group a socket was made; the answer is compared with where this process is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.kernel import cgroups, sockdiag


@pytest.fixture
def link() -> Iterator[socket.socket]:
    with sockdiag.open_link() as opened:
        yield opened


@pytest.fixture
def own_group() -> int:
    hierarchies, path = cgroups.here(), cgroups.path_of(os.getpid())
    if hierarchies is None or path is None:
        pytest.skip("cgroup version 2 is missing")
    return sockdiag.group_id(f"{hierarchies.unified}{path}")


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["v4", "v6"])
def test_a_connection_has_both_ends_and_our_group(link: socket.socket, own_group: int, family: socket.AddressFamily) -> None:
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with socket.create_server((host, 0), family=family) as server:
        with socket.create_connection(server.getsockname()[:2]) as client:
            near, far = client.getsockname()[:2], server.getsockname()[:2]
            # The other family's port of this number may be anybody's.
            found = [one for one in sockdiag.at_port(link, "tcp", near[1]) if one.local == near]
            assert [(one.local, one.remote, one.group) for one in found] == [(near, far, own_group)]
            assert found[0].inode == os.fstat(client.fileno()).st_ino


def test_a_datagram_socket_is_found_by_its_port_only(link: socket.socket, own_group: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        one.bind(("0.0.0.0", 0))
        other.bind(("127.0.0.1", 0))
        (found,) = sockdiag.at_port(link, "udp", one.getsockname()[1])
        assert (found.local, found.group) == (("0.0.0.0", one.getsockname()[1]), own_group)


def test_a_port_that_nobody_has(link: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert len(sockdiag.at_port(link, "tcp", port)) == 1
    assert sockdiag.at_port(link, "tcp", port) == []


def test_the_number_of_a_folder(tmp_path: Path) -> None:
    assert sockdiag.group_id(str(tmp_path)) == tmp_path.stat().st_ino
