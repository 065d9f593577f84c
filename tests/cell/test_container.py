"""A container by its control group: what is none is refused by name, and what is one is stopped, asked and killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.cell.container import Container
from vigiles.kernel import cgroups, netspace
from vigiles.model.errors import ControlUnavailable, InputInvalid


@pytest.fixture
def unified() -> str:
    hierarchies = cgroups.here()
    if hierarchies is None:
        pytest.skip("cgroup version 2 is missing")
    return hierarchies.unified


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/nowhere/at/all", "no directory"),
        ("/tmp", "no group of cgroup version 2"),
        ("", "Vigiles itself"),
        ("own", "Vigiles itself"),
    ],
)
def test_what_is_no_container_is_refused(unified: str, path: str, why: str) -> None:
    place = path if path.startswith("/") else f"{unified}{(cgroups.path_of(os.getpid()) or '') if path else ''}"
    with pytest.raises(InputInvalid, match=why) as caught:
        Container.at(place)
    assert caught.value.remedy


def test_a_process_that_is_not_there(unified: str) -> None:
    with pytest.raises(InputInvalid, match="no process"):
        Container.of(1 << 30)


def test_without_version_2_there_are_no_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "here", lambda: None)
    with pytest.raises(ControlUnavailable, match="cgroup"):
        Container.at("/tmp")


@pytest.fixture
def group(unified: str) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("root is missing: groups")
    made = Path(unified, f"vigilestest-{os.urandom(4).hex()}")
    below = made / "below"
    below.mkdir(parents=True)
    yield made
    (made / "cgroup.kill").write_text("1")
    for _ in range(200):
        try:
            below.rmdir()
            made.rmdir()
            break
        except OSError:
            os.sched_yield()


def start(group: Path, *, own_network: bool = False) -> subprocess.Popen[bytes]:
    sleep = [sys.executable, "-ISc", "import time; print('up', flush=True); time.sleep(60)"]
    spaces = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    command = [*(["unshare", "--net"] if own_network else []), *spaces, *sleep]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, preexec_fn=lambda: (group / "cgroup.procs").write_text("0") and None
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


def finish(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.asroot
def test_who_is_in_it_is_found_stopped_and_killed(group: Path) -> None:
    first, second = start(group), start(group / "below")
    try:
        container = Container.of(first.pid)
        assert container.path == str(group)
        assert container.identity() == group.stat().st_ino
        assert container.groups() == {group.stat().st_ino, (group / "below").stat().st_ino}
        assert sorted(container.processes()) == sorted([first.pid, second.pid])
        container.freeze(True)
        for _ in range(1000):
            if container.frozen():
                break
            os.sched_yield()
        container.freeze(False)
        assert container.cpu_us() > 0
        container.kill()
        assert (first.wait(10), second.wait(10)) == (-9, -9)
        assert not container.populated()
    finally:
        finish(first)
        finish(second)


@pytest.mark.asroot
def test_a_door_needs_one_network_that_is_not_ours(group: Path) -> None:
    container = Container.at(str(group))
    with pytest.raises(ControlUnavailable, match="no living process"):
        container.network()
    alone = start(group, own_network=True)
    try:
        space = container.network()
        assert os.fstat(space).st_ino == netspace.identity(alone.pid)
        assert not container.may_send_raw(space)
        os.close(space)
        other = start(group / "below", own_network=True)
        with pytest.raises(ControlUnavailable, match="2 network namespaces"):
            container.network()
        finish(other)
        shared = start(group)
        with pytest.raises(ControlUnavailable, match="shares the network namespace") as caught:
            container.network()
        assert "--watch-only" in caught.value.remedy
        finish(shared)
    finally:
        finish(alone)


@pytest.mark.asroot
def test_the_group_of_a_cell_is_refused(unified: str, group: Path) -> None:
    cell = Path(unified, "vigiles", f"test-{os.urandom(4).hex()}")
    cell.mkdir(parents=True)
    try:
        with pytest.raises(InputInvalid, match="belongs to a cell"):
            Container.at(str(cell))
    finally:
        cell.rmdir()
        try:
            cell.parent.rmdir()
        except OSError:
            pass  # others use it
