"""Two requests to the kernel, in a namespace of one's own."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.kernel import namespaces, rtnetlink

pytestmark = pytest.mark.cell


def test_an_interface_comes_up_and_takes_every_address_of_a_prefix(in_child: Callable[..., Any]) -> None:
    def attempt() -> list[str]:
        uid, gid = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
        namespaces.map_self(uid, uid, gid, gid)
        rtnetlink.link_up("lo")
        rtnetlink.add_address("lo", "203.0.113.1", 24)
        with socket.create_server(("203.0.113.77", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
        try:
            rtnetlink.add_address("lo", "203.0.113.1", 24)
        except FileExistsError:
            return ["there already"]
        return []

    assert in_child(attempt) == ["there already"]


def test_nobody_changes_a_namespace_without_the_capability(in_child: Callable[..., Any]) -> None:
    def attempt() -> str:
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        try:
            rtnetlink.add_address("lo", "203.0.113.1", 24)
        except PermissionError:
            return "refused"
        return "done"

    assert in_child(attempt) == "refused"
