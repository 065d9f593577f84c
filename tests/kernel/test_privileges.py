"""Privileges given up, as /proc/self/status then shows."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from vigiles.kernel import namespaces, privileges


def status() -> dict[str, str]:
    with open("/proc/self/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_no_new_privileges(in_child: Any) -> None:
    def attempt() -> list[str]:
        before = status()["NoNewPrivs"]
        privileges.no_new_privileges()
        return [before, status()["NoNewPrivs"]]

    assert in_child(attempt)[1] == "1"


@pytest.mark.cell
def test_every_capability_set_is_emptied(in_child: Any) -> None:
    def attempt() -> list[int]:
        uid, gid = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.NEWUSER)
        namespaces.map_self(uid, uid, gid, gid)
        had = int(status()["CapEff"], 16)
        privileges.drop_bounding()
        held = int(status()["CapEff"], 16)
        privileges.drop_capabilities()
        sets = [int(status()[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]
        return [bool(had), held == had, *sets]

    assert in_child(attempt) == [True, True, 0, 0, 0, 0, 0]


def test_undumpable_closes_proc_to_the_same_user_and_can_be_undone(in_child: Any) -> None:
    def attempt() -> list[int]:
        owners = [os.stat("/proc/self/environ").st_uid]
        privileges.undumpable()
        owners.append(os.stat("/proc/self/environ").st_uid)
        privileges.dumpable()
        return [*owners, os.stat("/proc/self/environ").st_uid]

    assert in_child(attempt) == [os.geteuid(), 0, os.geteuid()]


def test_death_with_the_parent(in_child: Any) -> None:
    def attempt() -> bool:
        reader, writer = os.pipe()
        parent = os.fork()
        if not parent:
            child = os.fork()
            if not child:
                privileges.die_with_parent(signal.SIGKILL)
                os.write(writer, str(os.getpid()).encode())
                time.sleep(30)
                os._exit(0)
            time.sleep(30)
        os.close(writer)
        child = int(os.read(reader, 16))
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        return os.read(reader, 1) == b""  # the last writer is gone

    began = time.monotonic()
    assert in_child(attempt) is True
    assert time.monotonic() - began < 10
