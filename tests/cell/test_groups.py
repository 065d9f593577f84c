"""A supervisor's control groups: made, found by number, and gone whoever dies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from vigiles.cell import groups
from vigiles.cell.groups import TOP, CellGroups, Groups
from vigiles.kernel import cgroups

pytestmark = pytest.mark.asroot


@pytest.fixture
def opened() -> Iterator[Groups]:
    hierarchies = cgroups.here()
    if os.geteuid() != 0 or hierarchies is None or not os.access(hierarchies.unified, os.W_OK):
        pytest.skip("root and a writable cgroup version 2 are missing")
    made = Groups.open(groups.new_name())
    yield made
    made.close()
    assert not os.path.exists(made.supervisor.path)


@pytest.fixture
def cell(opened: Groups) -> CellGroups:
    made = opened.cell("ep-1")
    assert made.make(processes=20, memory_bytes=0) in ([], ["pids"])
    return made


def sleeper(cell: CellGroups, call: int) -> subprocess.Popen[bytes]:
    room = cell.call(call)

    def enter() -> None:
        for fd in room.entrances:
            os.write(fd, b"0")

    process = subprocess.Popen(["sleep", "60"], preexec_fn=enter)
    room.close()
    return process


def calls_of(cell: CellGroups) -> str:
    """The folder of a cell's calls' groups."""
    return f"{cell.cell.path}/calls"


def test_a_supervisor_s_name_is_no_other_process_s() -> None:
    assert groups.process_name(os.getpid()) == groups.process_name(os.getpid())
    assert groups.process_name(os.getpid()) != groups.process_name(os.getppid())
    assert groups.new_name() != groups.new_name()
    with pytest.raises(OSError, match="proc"):
        groups.process_name(2**22 + 1)


def test_two_supervisors_of_one_process_do_not_touch_each_other(cell: CellGroups) -> None:
    process, other = sleeper(cell, 1), Groups.open(groups.new_name())
    other.close()
    assert process.poll() is None
    cell.kill()
    process.wait(10)


def test_a_call_is_killed_with_all_that_is_in_its_group_and_no_other(cell: CellGroups) -> None:
    one, other = sleeper(cell, 1), sleeper(cell, 2)
    path = cgroups.path_of(one.pid)
    assert path is not None
    assert calls_of(cell).endswith(path.removesuffix("/1"))
    assert os.stat(f"{calls_of(cell)}/1").st_ino == cell.identity(1) != cell.identity(2)
    assert cell.kill_call(1)
    assert one.wait(10) == -9
    assert other.poll() is None
    assert not cell.kill_call(3)
    cell.kill()
    assert other.wait(10) == -9


def test_a_call_takes_the_group_that_was_made_ahead_unless_somebody_may_be_in_it(cell: CellGroups) -> None:
    assert not cell.has_room
    assert cell.room() is None
    cell.prepare()
    cell.prepare()
    ahead = cell.room()
    assert ahead is not None
    assert cell.has_room
    own, first, second = cell.call(7, spare=False), cell.call(8), cell.call(9)
    assert not cell.has_room
    assert (first.number, len({own.number, first.number, second.number})) == (ahead.number, 3)
    assert os.stat(f"{calls_of(cell)}/{ahead.number}").st_ino == cell.identity(8)
    assert len({cell.identity(7), cell.identity(8), cell.identity(9), cell.identity()}) == 4
    for room in (ahead, own, first, second):
        room.close()


def test_numbers_stay_known_when_the_group_is_gone(cell: CellGroups) -> None:
    process = sleeper(cell, 1)
    cell.kill_call(1)
    process.wait(10)
    before = cell.cpu_us(1)
    cell.finish(1)
    cell.finish(1)
    assert not os.path.exists(f"{calls_of(cell)}/1")
    assert before is not None
    assert (cell.cpu_us(1) or 0) >= before
    assert cell.times() == {1: cell.cpu_us(1)}
    assert cell.kill_call(1)
    assert (cell.cpu_us(9), cell.memory_peak(9)) == (None, None)


def test_a_freeze_holds_and_lets_go(cell: CellGroups) -> None:
    process = sleeper(cell, 1)
    cell.freeze(True)
    until = time.monotonic() + 10
    while not cell.frozen():
        assert time.monotonic() < until
        time.sleep(0.01)
    cell.freeze(False)
    cell.kill()
    process.wait(10)


def test_a_cell_s_groups_go_when_its_last_process_has(cell: CellGroups) -> None:
    process = sleeper(cell, 1)
    assert not cell.remove()
    cell.kill()
    process.wait(10)
    assert cell.remove()


KILLED = """
import os, sys
from vigiles.cell.groups import Groups, new_name
made = Groups.open(new_name())
cell = made.cell("ep-1")
cell.make(processes=0, memory_bytes=0)
entrances = cell.call(1).entrances
pid = os.fork()
if not pid:
    for fd in entrances:
        os.write(fd, b"0")
    os.execvp("sleep", ["sleep", "60"])
print(made.supervisor.path, pid, flush=True)
sys.stdin.read()
"""


def test_the_next_supervisor_removes_what_a_killed_one_left(opened: Groups) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    path, pid = process.stdout.readline().split()
    living = Groups.open(groups.new_name())  # a living one's groups are not touched
    assert os.path.isdir(f"{path}/ep-1/calls/1")
    process.kill()
    process.wait(10)
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()
    assert os.path.isdir(path)
    Groups.open(groups.new_name())
    assert not os.path.exists(path)
    until = time.monotonic() + 10
    while os.path.exists(f"/proc/{pid}/root"):  # readable for the living only
        assert time.monotonic() < until
        time.sleep(0.01)
    assert os.path.isdir(living.supervisor.path)


def test_groups_of_another_pid_namespace_are_not_ours_to_remove(opened: Groups) -> None:
    hierarchies = cgroups.here()
    assert hierarchies is not None
    other = cgroups.Group(hierarchies, f"{TOP}/1-{2**22 + 1}-5-a")
    other.make()
    Groups.open(groups.new_name())
    assert os.path.isdir(other.path)
    assert other.remove()


def test_a_helper_removes_a_supervisor_s_groups_by_its_name(opened: Groups, cell: CellGroups) -> None:
    process = sleeper(cell, 1)
    assert groups.remove_of(os.path.basename(opened.supervisor.path))
    assert process.wait(10) == -9
    assert not os.path.exists(calls_of(cell))
    assert groups.remove_of("1-2-3-4")


def test_a_call_is_bounded_as_its_cell_is_from_its_first_process_on(cell: CellGroups) -> None:
    process = sleeper(cell, 1)
    with open(f"/proc/{process.pid}/cgroup") as file:
        groups_of = {line.split(":")[1]: line.rstrip().split(":", 2)[2] for line in file}
    for controllers, path in groups_of.items():
        if {"pids", "cpu"} & set(controllers.split(",")):
            assert path.endswith("/ep-1")
        elif controllers in ("", "memory"):
            assert path.endswith("/ep-1/calls/1")
    cell.kill()
    process.wait(10)
