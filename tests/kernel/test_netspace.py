"""Work in another network namespace, and who may change one."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.kernel import loopback, namespaces, netspace


def two_spaces() -> dict[str, Any]:
    """Be root of a user namespace, make two network namespaces of it, and work in the one from the other."""
    uid, gid = os.geteuid(), os.getegid()
    namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
    namespaces.map_self(0, uid, 0, gid)
    first, space = netspace.identity(), netspace.open_of(os.getpid())
    namespaces.unshare(namespaces.NEWNET)
    told: dict[str, Any] = {"apart": netspace.identity() != first}
    netspace.inside(space, loopback.bring_up)
    made = netspace.inside(space, lambda: socket.create_server(("127.0.0.1", 0)))
    there = made.getsockname()[1]
    told["works there"] = netspace.inside(space, lambda: tries(there))
    told["here"] = tries(there)
    told["we stayed"] = netspace.identity() != first
    told["devices"] = netspace.inside(space, netspace.devices)
    told["admin"] = netspace.may_get(os.getpid(), space, netspace.NET_ADMIN)
    try:
        netspace.inside(space, lambda: 1 // 0)
    except ZeroDivisionError:
        told["raised"] = True
    # In a user namespace below, all capabilities are worth nothing over the network namespace above.
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        namespaces.unshare(namespaces.NEWUSER)
        os.write(writer, b"x")
        signal.pause()
    os.read(reader, 1)
    told["below"] = netspace.may_get(child, space, netspace.NET_ADMIN)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return told


def tries(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def test_work_is_done_there_and_we_stay_here(in_child: Callable[..., Any]) -> None:
    told = in_child(two_spaces)
    assert told["apart"]
    assert told["we stayed"]
    assert told["works there"] == "connected"
    assert told["here"] != "connected"
    assert told["devices"] == []
    assert told["raised"]
    assert told["admin"]
    assert not told["below"]


def test_a_process_that_could_come_by_a_capability_may_get_it() -> None:
    space = netspace.open_of(os.getpid())
    try:
        # Root has it; an ordinary user has it by any set-user-id program, unless it has given that up.
        with open("/proc/self/status", encoding="utf-8") as file:
            given_up = "NoNewPrivs:\t1" in file.read()
        assert netspace.may_get(os.getpid(), space, netspace.NET_ADMIN) == (os.geteuid() == 0 or not given_up)
        assert not netspace.may_get(1 << 30, space, netspace.NET_ADMIN)
    finally:
        os.close(space)


def test_a_process_that_is_gone_has_no_namespace() -> None:
    with pytest.raises(OSError, match="No such file"):
        netspace.identity(1 << 30)
