"""Landlock, tried in children that can be thrown away."""

from __future__ import annotations

import itertools
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from vigiles.kernel import landlock, privileges

ABI = landlock.abi()
needs_landlock = pytest.mark.skipif(ABI == 0, reason="this kernel has no Landlock")


def test_rights_only_grow_with_the_abi() -> None:
    known = [landlock.handled(version) for version in range(1, 9)]
    assert known[0] == (1 << 13) - 1
    for older, newer in itertools.pairwise(known):
        assert older & newer == older
    assert known[1] & landlock.REFER
    assert not known[1] & landlock.TRUNCATE
    assert known[2] & landlock.TRUNCATE
    assert known[4] & landlock.IOCTL_DEV


@needs_landlock
def test_the_abi_is_a_number_of_this_kernel() -> None:
    assert 1 <= ABI < 100


@needs_landlock
def test_only_what_is_listed_can_be_reached(tmp_path: Path, in_child: Any) -> None:
    for name in ("read", "write", "hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)

    def attempt() -> dict[str, str]:
        rules = [
            (str(tmp_path / "read"), landlock.READ),
            (str(tmp_path / "write"), landlock.WRITE),
            (str(tmp_path / "not there"), landlock.WRITE),
            (os.devnull, landlock.DEVICE),
        ]
        fd = landlock.ruleset(ABI, rules)
        privileges.no_new_privileges()
        landlock.restrict_self(fd)
        os.close(fd)
        said = {}
        for name, how in (("read", "r"), ("read", "a"), ("write", "r"), ("write", "a"), ("hidden", "r"), ("write/new", "x")):
            path = tmp_path / name
            try:
                with open(path if name == "write/new" else path / "file", how) as file:
                    said[f"{name} {how}"] = file.read() if how == "r" else "done"
            except OSError as error:
                said[f"{name} {how}"] = type(error).__name__
        with open(os.devnull, "w") as file:
            file.write("x")
        said["device"] = "done"
        return said

    assert in_child(attempt) == {
        "read r": "read",
        "read a": "PermissionError",
        "write r": "write",
        "write a": "done",
        "hidden r": "PermissionError",
        "write/new x": "done",
        "device": "done",
    }


@needs_landlock
@pytest.mark.skipif(ABI < 6, reason="scopes came with ABI 6")
@pytest.mark.parametrize("scopes", [0, landlock.SCOPE_ABSTRACT_UNIX, landlock.SCOPE_SIGNAL])
def test_scopes_wall_off_what_is_outside(in_child: Any, scopes: int) -> None:
    name = f"\0vigiles-test-{os.getpid()}"

    def attempt() -> list[str]:
        fd = landlock.ruleset(ABI, [("/", landlock.READ)], scopes)
        privileges.no_new_privileges()
        landlock.restrict_self(fd)
        said = []
        for reach in (lambda: os.kill(os.getppid(), 0), lambda: socket.socket(socket.AF_UNIX).connect(name)):
            try:
                reach()
                said.append("reached")
            except PermissionError:
                said.append("refused")
        return said

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        said = in_child(attempt)
    assert said == [
        "refused" if scopes & landlock.SCOPE_SIGNAL else "reached",
        "refused" if scopes & landlock.SCOPE_ABSTRACT_UNIX else "reached",
    ]


@needs_landlock
@pytest.mark.parametrize("log", [False, True])
def test_asking_for_audit_records_restricts_all_the_same(in_child: Any, log: bool) -> None:
    def attempt() -> str:
        fd = landlock.ruleset(ABI, [("/usr", landlock.READ)])
        privileges.no_new_privileges()
        landlock.restrict_self(fd, log_new_exec=log)
        try:
            os.listdir("/etc")
        except PermissionError:
            return "refused"
        return "reached"

    assert in_child(attempt) == "refused"


@needs_landlock
def test_a_child_cannot_restrict_itself_without_no_new_privs_unless_root(in_child: Any) -> None:
    def attempt() -> str:
        fd = landlock.ruleset(ABI, [("/", landlock.READ)])
        try:
            landlock.restrict_self(fd)
        except PermissionError:
            return "refused"
        return "restricted"

    assert in_child(attempt) == ("restricted" if os.geteuid() == 0 else "refused")
