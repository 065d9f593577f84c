"""The words of ``vigiles attach``; what it does is tested in tests/runtime/attach."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from vigiles.cell.container import Container
from vigiles.cli.cell.attach import frozen
from vigiles.kernel import cgroups
from vigiles.ledger.mint import now
from vigiles.model.response import Response


@pytest.mark.parametrize("words", [(), ("--cgroup", "/x", "--pid", "1")])
def test_one_container_is_named(vigiles: Any, words: tuple[str, ...]) -> None:
    done = vigiles("attach", *words, "--json")
    assert done.returncode == 100
    assert b"which container" in done.stderr
    assert "which container" in json.dumps(json.loads(done.stdout))


def test_a_host_is_given_in_full(vigiles: Any) -> None:
    done = vigiles("attach", "--pid", "1", "--allow", "example.com")
    assert done.returncode == 100
    assert b"--allow example.com" in done.stderr


def test_an_ordinary_user_is_told_so(vigiles: Any) -> None:
    if os.geteuid() == 0:
        pytest.skip("this is root")
    done = vigiles("attach", "--pid", str(os.getpid()))
    assert done.returncode == 102
    assert b"not root" in done.stderr


@pytest.mark.asroot
def test_what_is_no_container_is_said_in_one_line(vigiles: Any) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: only root attaches")
    done = vigiles("attach", "--cgroup", "/tmp", "--watch-only")
    assert done.returncode == 100
    assert b"no group of cgroup version 2" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.asroot
def test_lift_says_that_there_was_nothing(vigiles: Any, group: str) -> None:
    done = vigiles("attach", "--lift", "--cgroup", group)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"nothing of ours was there" in done.stdout


@pytest.mark.asroot
def test_a_person_is_told_what_stands_and_what_is_left(vigiles: Any, group: str) -> None:
    assert Container.at(group).processes() == []
    done = vigiles("attach", "--cgroup", group, "--watch-only", "--for", "20")
    assert done.returncode == 0
    first, last = done.stderr.decode().splitlines()
    assert "attached, one call, watched only" in first
    assert "the container has ended" in last


def test_a_freeze_says_what_a_person_can_do() -> None:
    response = Response(
        id="rsp", at=now(), coordinates=None, kind="freeze", act=None, incident="inc-1", target="ep", outcome="done"
    )
    look, kill = frozen("run-1", response)
    assert "incident show inc-1" in look
    assert "stop --run run-1" in kill


@pytest.fixture
def group() -> Any:
    if os.geteuid() != 0:
        pytest.skip("root is missing: groups")
    hierarchies = cgroups.here()
    if hierarchies is None:
        pytest.skip("cgroup version 2 is missing")
    path = f"{hierarchies.unified}/vigilestest-{os.urandom(4).hex()}"
    os.mkdir(path)
    yield path
    os.rmdir(path)
