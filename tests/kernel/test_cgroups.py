"""Control groups: finding the hierarchies from texts, and real groups with real processes where we are root."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vigiles.kernel import cgroups
from vigiles.kernel.cgroups import Group, Hierarchies

HYBRID = """\
29 23 0:26 / /sys/fs/cgroup rw,relatime shared:9 - tmpfs tmpfs rw,mode=755
30 29 0:27 / /sys/fs/cgroup/unified rw,relatime shared:10 - cgroup2 cgroup2 rw
31 29 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
32 29 0:29 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
33 29 0:30 / {memory} rw,relatime - cgroup cgroup rw,memory
34 29 0:31 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
35 29 0:32 / /proc rw - proc proc rw
"""


def test_a_hybrid_machine_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine/inner").mkdir(parents=True)
    found = cgroups.find(HYBRID.format(memory=tmp_path), "4:memory:/mine/inner\n3:cpu,cpuacct:/\n2:pids:/\n0::/\n")
    assert found is not None
    assert found.unified == "/sys/fs/cgroup/unified"
    assert found.legacy == {
        "cpu": "/sys/fs/cgroup/cpu,cpuacct",
        "pids": "/sys/fs/cgroup/pids",
        "memory": f"{tmp_path}/mine/inner",  # below our own, whose limits hold
    }


def test_only_a_part_of_a_hierarchy_may_be_mounted(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    text = f"1 1 0:1 / /u rw - cgroup2 c rw\n33 29 0:30 /docker/x {tmp_path} rw - cgroup cgroup rw,memory\n"
    found = cgroups.find(text, "4:memory:/docker/x/inner\n")
    assert found is not None
    assert found.legacy == {"memory": f"{tmp_path}/inner"}
    found = cgroups.find(text, "4:memory:/elsewhere\n")
    assert found is not None
    assert found.legacy == {"memory": str(tmp_path)}


def test_a_machine_of_version_2_alone_hands_its_controllers_down(tmp_path: Path) -> None:
    place = tmp_path / "with space"
    place.mkdir()
    (place / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    escaped = str(place).replace(" ", "\\040")
    found = cgroups.find(f"1 1 0:1 / {escaped} rw - cgroup2 c rw\n", "0::/user.slice\n")
    assert found == Hierarchies(str(place), {}, frozenset({"cpu", "memory", "pids"}))


@pytest.mark.parametrize("text", ["", "nonsense\n", "1 2 3\n", HYBRID.replace("cgroup2 cgroup2", "tmpfs tmpfs")])
def test_without_version_2_there_is_nothing(text: str) -> None:
    assert cgroups.find(text, "") is None


def test_limits_of_version_2_are_written_where_it_has_the_controllers(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "a", tmp_path / "a/b"):
        folder.mkdir(exist_ok=True)
        for name in ("cgroup.subtree_control", "pids.max", "memory.max", "memory.swap.max", "cpu.weight"):
            (folder / name).write_text("")
    group = Group(Hierarchies(str(tmp_path), {}, frozenset({"pids", "memory", "cpu"})), "a/b")
    group.make(parent=True)
    for folder in (tmp_path, tmp_path / "a", tmp_path / "a/b"):
        assert (folder / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    assert group.limit_processes(9)
    assert group.limit_memory(1 << 20)
    assert group.weigh(50)
    below = tmp_path / "a/b"
    assert (below / "pids.max").read_text() == "9"
    assert (below / "memory.max").read_text() == str(1 << 20)
    assert (below / "memory.swap.max").read_text() == "0"
    assert (below / "cpu.weight").read_text() == "50"


def test_without_a_controller_a_limit_is_not_kept(tmp_path: Path) -> None:
    group = Group(Hierarchies(str(tmp_path), {}), "a")
    assert not group.limit_processes(9)
    assert not group.limit_memory(9)
    assert not group.weigh(9)
    assert group.memory_peak() is None


def test_a_write_that_fails_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"cgroup\.kill"):
        Group(Hierarchies(str(tmp_path), {}), "gone").kill()


@pytest.fixture
def group() -> Iterator[Group]:
    hierarchies = cgroups.here()
    if os.geteuid() != 0 or hierarchies is None or not os.access(hierarchies.unified, os.W_OK):
        pytest.skip("root and a writable cgroup version 2 are missing")
    top = Group(hierarchies, f"vigiles-test-{os.getpid()}")
    top.make(parent=True)
    yield top
    try:
        top.kill()
    except OSError:
        pass
    assert top.remove()
    assert not os.path.exists(top.path)


Enter = Callable[[Group, Callable[[], None]], int]


def enter(group: Group, work: Callable[[], None]) -> int:
    """Fork a process that goes in by the entrances alone, under another uid, and works there."""
    entrances = group.entrances()
    pid = os.fork()
    if not pid:
        try:
            os.setresuid(65534, 65534, 65534)
            for fd in entrances:
                os.write(fd, b"0")
            work()
        finally:
            os._exit(0)
    for fd in entrances:
        os.close(fd)
    return pid


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


def daemon() -> None:
    if not os.fork():
        os.setsid()
        if not os.fork():
            time.sleep(60)
        os._exit(0)
    time.sleep(60)


@pytest.mark.asroot
def test_a_process_goes_in_by_the_entrances_and_its_daemons_stay(group: Group) -> None:
    inside = group.child("in")
    inside.make()
    pid = enter(inside, daemon)
    wait_for(lambda: len(inside.processes()) >= 2)
    path = cgroups.path_of(pid)
    assert path is not None
    assert path.endswith("/in")
    assert os.stat(inside.path).st_ino == inside.identity()
    inside.kill()
    os.waitpid(pid, 0)
    wait_for(lambda: not inside.populated())
    assert cgroups.path_of(2**22 + 1) is None


@pytest.mark.asroot
def test_time_and_peak_memory_are_counted_also_of_the_dead(group: Group) -> None:
    def work() -> None:
        if not os.fork():
            held = bytearray(48 << 20)
            for at in range(0, len(held), 4096):
                held[at] = 1
            until = time.process_time() + 0.2
            while time.process_time() < until:
                pass
            os._exit(0)
        os.wait()

    inside = group.child("in")
    inside.make()
    os.waitpid(enter(inside, work), 0)
    assert (inside.cpu_us() or 0) >= 200_000
    peak = inside.memory_peak()
    if peak is None:
        pytest.skip("no memory controller here")
    assert 48 << 20 <= peak < 200 << 20


@pytest.mark.asroot
def test_a_frozen_group_stands_and_goes_on(group: Group) -> None:
    reader, writer = os.pipe()

    def work() -> None:
        while True:
            os.write(writer, b"x")
            time.sleep(0.005)

    pid = enter(group, work)
    os.read(reader, 1)
    group.freeze(True)
    wait_for(group.frozen)
    os.set_blocking(reader, False)
    time.sleep(0.05)
    while True:
        try:
            os.read(reader, 65536)
        except BlockingIOError:
            break
    time.sleep(0.1)
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)
    group.freeze(False)
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b"x"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(reader)
    os.close(writer)


@pytest.mark.asroot
def test_a_fork_bomb_is_bounded(group: Group) -> None:
    if not group.limit_processes(16):
        pytest.skip("no pids controller here")

    def bomb() -> None:
        for _ in range(200):
            try:
                if not os.fork():
                    time.sleep(60)
                    os._exit(0)
            except OSError:
                time.sleep(0.01)

    pid = enter(group, bomb)
    os.waitpid(pid, 0)
    assert 1 < len(group.processes()) <= 16


@pytest.mark.asroot
def test_total_memory_is_bounded(group: Group) -> None:
    if not group.limit_memory(64 << 20):
        pytest.skip("no memory controller here")

    def grow() -> None:
        held = [bytearray(4 << 20) for _ in range(64)]
        for part in held:
            for at in range(0, len(part), 4096):
                part[at] = 1
        time.sleep(60)

    _, status = os.waitpid(enter(group, grow), 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.asroot
def test_a_group_that_others_use_is_left_alone(group: Group) -> None:
    inside = group.child("in")
    inside.make()
    group.leave()
    assert os.path.isdir(inside.path)
    assert inside.remove()


@pytest.mark.asroot
def test_a_group_with_a_living_process_is_not_removed(group: Group) -> None:
    pid = enter(group, lambda: time.sleep(60))
    wait_for(group.populated)
    assert not group.remove(tries=2)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
