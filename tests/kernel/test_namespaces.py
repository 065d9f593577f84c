"""New namespaces: by fork, by unshare, and who one is inside."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from vigiles.kernel import loopback, namespaces, processes

pytestmark = pytest.mark.cell
SPACES = {"mnt", "cgroup", "uts", "ipc", "user", "pid", "net"}


def links(pid: int | str) -> dict[str, str]:
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in SPACES}


def test_a_fork_into_new_namespaces_changes_all_of_them(in_child: Any) -> None:
    def attempt() -> list[Any]:
        reader, writer = os.pipe()
        held, release = os.pipe()
        pid = namespaces.fork_into(namespaces.ALL_NEW)
        if pid == 0:
            os.write(writer, str(os.getpid()).encode())
            os.close(release)
            os.read(held, 1)
            os._exit(7)
        inside = os.read(reader, 16).decode()
        changed = sorted(kind for kind, link in links(pid).items() if link != links("self")[kind])
        os.close(release)
        return [inside, changed, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])]

    assert in_child(attempt) == ["1", sorted(SPACES), 7]


def test_the_map_of_a_fresh_user_namespace(in_child: Any) -> None:
    uid, gid = os.geteuid(), os.getegid()

    def attempt() -> list[Any]:
        namespaces.unshare(namespaces.NEWUSER)
        before = os.geteuid()
        namespaces.map_self(4321, uid, 4322, gid)
        with open("/proc/self/setgroups") as file:
            return [before == 4321, os.geteuid(), os.getegid(), file.read().strip()]

    assert in_child(attempt) == [False, 4321, 4322, "deny"]


def test_the_map_can_be_written_only_once(in_child: Any) -> None:
    uid, gid = os.geteuid(), os.getegid()

    def attempt() -> str:
        namespaces.unshare(namespaces.NEWUSER)
        namespaces.map_self(uid, uid, gid, gid)
        try:
            namespaces.map_self(0, uid, 0, gid)
        except PermissionError:
            return "refused"
        return "written"

    assert in_child(attempt) == "refused"


def test_a_uts_namespace_is_a_tag_that_children_keep(in_child: Any) -> None:
    def attempt() -> list[bool]:
        uid, gid = os.geteuid(), os.getegid()
        before = processes.uts_tag("self")
        namespaces.unshare(namespaces.NEWUSER | namespaces.NEWUTS)
        namespaces.map_self(uid, uid, gid, gid)
        mine = processes.uts_tag("self")
        pid = os.fork()
        if not pid:
            os.setsid()
            os._exit(0 if processes.uts_tag("self") == mine else 1)
        return [
            before != mine,
            os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0,
            processes.uts_tag(os.getpid()) == mine,
        ]

    assert in_child(attempt) == [True, True, True]


def test_flags_that_the_kernel_does_not_know_are_an_error(in_child: Any) -> None:
    def attempt() -> str:
        try:
            namespaces.unshare(0x1)
        except OSError as error:
            return str(error)
        return "accepted"

    assert "unshare" in in_child(attempt)


def test_loopback_of_a_fresh_network_namespace(in_child: Any) -> None:
    def attempt() -> list[Any]:
        uid, gid = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
        namespaces.map_self(uid, uid, gid, gid)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            down = sock.connect_ex(("127.0.0.1", 9))
        loopback.bring_up()
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
            there = client.getpeername() == server.getsockname()
        with socket.socket() as sock:
            away = sock.connect_ex(("192.0.2.1", 9))
        return [loopback.interfaces(), down != 0, there, away != 0]

    assert in_child(attempt) == [["lo"], True, True, True]


def test_loopback_needs_the_right_to_it(in_child: Any) -> None:
    if os.geteuid() == 0:
        pytest.skip("root has that right")
    with pytest.raises(OSError, match=r"permitted|denied"):
        loopback.bring_up()
