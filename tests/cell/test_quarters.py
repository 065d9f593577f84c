"""Where init and its calls live in tier R: each call begins in its own group, and cannot go anywhere else."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from vigiles.cell import groups
from vigiles.cell.groups import CellGroups, Groups
from vigiles.cell.quarters import Quarters, begin, enter
from vigiles.kernel import cgroups, namespaces, privileges

pytestmark = pytest.mark.asroot

_SOMEBODY = 1_879_100_000


@pytest.fixture
def cell() -> Iterator[CellGroups]:
    hierarchies = cgroups.here()
    if os.geteuid() != 0 or hierarchies is None or not os.access(hierarchies.unified, os.W_OK):
        pytest.skip("root and a writable cgroup version 2 are missing")
    opened = Groups.open(groups.new_name())
    made = opened.cell("ep-1")
    made.make(processes=0, memory_bytes=0, gid=_SOMEBODY)
    made.prepare()
    yield made
    opened.close()


def whereabouts() -> bytes:
    with open("/proc/self/cgroup", "rb") as file:
        return file.read()


def refused(folder: int) -> bytes:
    """Try to begin a process in a group; return why that failed."""
    try:
        pid = namespaces.fork_into(0, folder)
    except OSError as error:
        return os.strerror(error.errno or 0).encode()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return b"not refused"


def as_init(quarters: Quarters, told: int) -> None:
    """Be nobody, with the key; begin a call, which tells where it is and what it may still do once it gave up the key."""
    os.setgroups([])
    os.setresgid(_SOMEBODY, _SOMEBODY, _SOMEBODY)
    quarters.take_key()
    os.setresuid(_SOMEBODY, _SOMEBODY, _SOMEBODY)
    privileges.dumpable()
    namespaces.unshare(namespaces.NEWUSER)
    namespaces.map_self(_SOMEBODY, _SOMEBODY, _SOMEBODY, _SOMEBODY)
    folder = os.dup(quarters.entrances[0])
    pid, left = begin(quarters.entrances)
    if pid == 0:
        enter(left)
        os.write(told, whereabouts())
        privileges.act_for_files_as(os.getegid())
        os.write(told, refused(folder) + b"\n")
        try:
            privileges.act_for_files_as(quarters._key)
        except OSError:
            os.write(told, refused(folder) + b"\n")
        os._exit(0)
    os.waitpid(pid, 0)


def test_a_call_begins_in_its_group_without_a_wait_and_gives_up_the_key(cell: CellGroups) -> None:
    homes = cell.homes()
    reader, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            quarters = Quarters(homes, homes.init.ways)
            os.write(told, whereabouts())
            as_init(quarters, told)
        finally:
            os._exit(0)
    os.close(told)
    os.waitpid(pid, 0)
    with os.fdopen(reader) as file:
        said = file.read()
    own, call = (line for line in said.splitlines() if line.startswith("0::"))
    assert own.endswith("/ep-1/own")
    assert call.endswith(f"/ep-1/calls/{homes.room}")
    assert said.splitlines()[-2:] == ["Permission denied", "Permission denied"]
    hierarchies = cgroups.here()
    assert hierarchies is not None
    for controller in {"pids", "cpu"} & set(hierarchies.legacy):
        lines = [line for line in said.splitlines() if controller in line.split(":")[1:2]]
        assert [line.endswith("/ep-1") for line in lines] == [True, True]


def test_a_call_s_first_process_is_where_it_belongs_after_any_pause(cell: CellGroups) -> None:
    time.sleep(0.2)  # a move would wait now
    room = cell.room()
    assert room is not None
    pid, left = begin(room.all())
    if pid == 0:
        os._exit(0 if whereabouts().splitlines()[-1].endswith(f"/calls/{room.number}".encode()) and len(left) else 1)
    assert os.waitpid(pid, 0)[1] == 0
    room.close()


def test_without_groups_a_call_is_a_plain_fork() -> None:
    pid, left = begin([])
    if pid == 0:
        os._exit(3)
    assert left == []
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
