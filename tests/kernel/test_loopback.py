"""The loopback device of a namespace of one's own."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.kernel import loopback, namespaces

pytestmark = pytest.mark.cell


def test_it_comes_up_with_what_the_c_library_takes_for_ipv4(in_child: Callable[..., Any]) -> None:
    def attempt() -> list[Any]:
        uid, gid = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
        namespaces.map_self(uid, uid, gid, gid)

        def found() -> str:
            try:
                hints = (socket.AF_INET, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
                return str(socket.getaddrinfo("localhost", 80, *hints)[0][4][0])
            except socket.gaierror:
                return "no IPv4"

        loopback.bring_up()
        before = found()
        loopback.add_second()
        with socket.create_server((loopback.SECOND, 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
        return [before, found(), loopback.interfaces()]

    # A C library may look at names of the machine itself with other eyes.
    before, after, interfaces = in_child(attempt)
    assert before in ("no IPv4", "127.0.0.1")
    assert (after, interfaces) == ("127.0.0.1", ["lo"])
