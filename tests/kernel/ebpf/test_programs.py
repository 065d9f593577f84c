"""Load, name, take, let go; what is lost is counted, and nothing is left."""

from __future__ import annotations

import asyncio
import os
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.kernel.ebpf import programs as module
from vigiles.kernel.ebpf.programs import OBJECT, Counts, Programs, cgroup_id
from vigiles.model.errors import ControlUnavailable

Inside = Callable[..., Any]
asroot = pytest.mark.asroot
TOKEN = 2**64 - 1
NOBODY = 65534

_HOLDER = """
import os, sys
from vigiles.kernel.ebpf.programs import Programs
programs = Programs()
programs.attach(os.open(sys.argv[1], os.O_RDONLY))
programs.assign(int(sys.argv[2]), 7)
print("up", flush=True)
sys.stdin.read()
"""


def test_the_object_is_part_of_the_package() -> None:
    assert OBJECT.read_bytes()[:4] == b"\x7fELF"


@asroot
def test_a_name_has_counts_and_an_end(programs: Programs) -> None:
    programs.assign(4711, TOKEN)
    assert programs.counts(4711) == Counts(0, 0, 0)
    assert programs.egress_bytes(4711) == 0
    assert programs.forget(4711) == Counts(0, 0, 0)
    assert programs.forget(4711) == Counts(0, 0, 0)
    with pytest.raises(KeyError):
        programs.egress_bytes(4711)


@asroot
@pytest.mark.parametrize("token", [0, -1, 2**64])
def test_tokens_that_would_say_nothing(programs: Programs, token: int) -> None:
    with pytest.raises(ValueError, match="token"):
        programs.assign(1, token)


@asroot
def test_the_largest_token_comes_back(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(cgroup_id(str(call.path)), TOKEN)
    inside(call, lambda: None)
    assert [event.token for event in programs.events()] == [TOKEN]


@asroot
def test_events_come_in_portions(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, 1)
    for _ in range(5):
        inside(call, lambda: None)
    assert [len(programs.events(limit=2)) for _ in range(4)] == [2, 2, 1, 0]


@asroot
def test_the_descriptor_is_readable_while_there_are_events(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, 1)
    assert select.select([programs], [], [], 0)[0] == []
    for _ in range(3):
        inside(call, lambda: None)
    for left in (2, 1, 0):
        assert select.select([programs], [], [], 5)[0] == [programs]
        assert len(programs.events(limit=1)) == 1
        assert (select.select([programs], [], [], 0)[0] == [programs]) == (left > 0)


@asroot
def test_in_an_event_loop(programs: Programs, call: Any, inside: Inside) -> None:
    programs.assign(call.id, 1)

    async def watch() -> list[int]:
        loop = asyncio.get_running_loop()
        seen: list[int] = []
        done = asyncio.Event()

        def ready() -> None:
            seen.extend(event.pid for event in programs.events())
            if len(seen) == 4:
                done.set()

        loop.add_reader(programs.fileno(), ready)
        pids = []
        for _ in range(4):
            pid, _ = await loop.run_in_executor(None, inside, call, lambda: None)
            pids.append(pid)
        await asyncio.wait_for(done.wait(), 10)
        loop.remove_reader(programs.fileno())
        assert seen == pids
        return seen

    assert len(asyncio.run(watch())) == 4


@asroot
def test_more_calls_than_there_is_room_for(programs: Programs) -> None:
    for number in range(1, 65_537):
        programs.assign(number, 1)
    with pytest.raises(OSError, match="name cgroup"):
        programs.assign(65_537, 1)
    programs.forget(1)
    programs.assign(65_537, 1)


@asroot
def test_what_is_no_cgroup_takes_no_programs(programs: Programs, tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(ControlUnavailable, match="Bad file descriptor"):
        programs.attach(fd)
    os.close(fd)


@asroot
@pytest.mark.parametrize(
    ("image", "why", "remedy"),
    [
        (None, r"other\.o: No such file", "install vigiles again"),
        (b"not an object", "ELF", "install vigiles again"),
        (OBJECT.read_bytes()[:20_000], "read the object", "install vigiles again"),
        (OBJECT.read_bytes().replace(b"start_boottime", b"start_zoottime"), "load the programs: Invalid", "Linux 5.15"),
    ],
    ids=["none", "text", "cut", "unknown to this kernel"],
)
def test_an_object_that_cannot_be_used(
    loadable: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, image: bytes | None, why: str, remedy: str
) -> None:
    other = tmp_path / "other.o"
    if image is not None:
        other.write_bytes(image)
    monkeypatch.setattr(module, "OBJECT", other)
    with pytest.raises(ControlUnavailable, match=why) as raised:
        Programs()
    assert remedy in raised.value.remedy


@asroot
def test_without_the_right_the_load_is_refused(loadable: None, in_child: Any) -> None:
    def act() -> list[str]:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            Programs()
        except ControlUnavailable as error:
            return [error.control, str(error), error.remedy]
        return []

    control, why, remedy = in_child(act)
    assert control == "bpf"
    assert "not permitted" in why
    assert "root" in remedy


def test_without_type_information_the_kernel_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "BTF", tmp_path / "vmlinux")
    with pytest.raises(ControlUnavailable, match="vmlinux") as raised:
        Programs()
    assert "BTF" in raised.value.remedy


@asroot
def test_close_leaves_nothing(loadable: None, top: Any, objects: Any) -> None:
    before, opened = objects.held(), set(os.listdir("/proc/self/fd"))
    programs = Programs()
    fd = os.open(top.path, os.O_RDONLY)
    programs.attach(fd)
    os.close(fd)
    mine = objects.held() - before
    assert {kind for kind, _ in mine} == {"prog_id", "map_id", "link_id"}
    assert len([one for one in mine if one[0] == "link_id"]) == 6 + 3
    assert objects.alive(mine) == mine
    programs.close()
    programs.close()
    assert objects.held() == before
    assert objects.gone(mine)
    assert set(os.listdir("/proc/self/fd")) == opened


@asroot
def test_closed_programs_say_so(loadable: None) -> None:
    programs = Programs()
    programs.close()
    for act in (programs.events, programs.fileno, programs.lost, lambda: programs.assign(1, 1)):
        with pytest.raises(OSError, match=r"closed|Bad file descriptor"):
            act()


@asroot
def test_a_kill_leaves_nothing(top: Any, objects: Any, start: Any) -> None:
    holder = start(_HOLDER, str(top.path), str(top.id))
    assert holder.stdout.readline() == "up\n"
    held = objects.held(holder.pid)
    assert {kind for kind, _ in held} == {"prog_id", "map_id", "link_id"}
    assert objects.alive(held) == held
    holder.kill()
    holder.wait()
    assert objects.gone(held)


_FORKING = """
import os, sys, time
from vigiles.kernel.ebpf.programs import Programs
programs = Programs()
programs.attach(os.open(sys.argv[1], os.O_RDONLY))
programs.assign(int(sys.argv[2]), 7)
pid = os.fork()
if not pid:
    time.sleep(60)
    os._exit(0)
print(pid, flush=True)
sys.stdin.readline()
print(len([event for event in programs.events() if event.kind == "exit"]), flush=True)
sys.stdin.read()
"""


@asroot
def test_a_forked_child_that_outlives_us_keeps_nothing(
    top: Any, call: Any, inside: Inside, objects: Any, start: Any
) -> None:
    holder = start(_FORKING, str(top.path), str(call.id))
    child = int(holder.stdout.readline())
    try:
        held = objects.held(holder.pid)
        inside(call, lambda: None)
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "1\n"  # the parent's programs are at work all the same
        holder.kill()
        holder.wait()
        assert objects.gone(held)
        assert objects.held(child) == set()
    finally:
        os.kill(child, 9)


@asroot
def test_a_program_started_by_us_holds_nothing(attached: Programs, objects: Any, start: Any) -> None:
    assert objects.held()
    other = start("print('up', flush=True); input()")
    assert other.stdout.readline() == "up\n"
    assert objects.held(other.pid) == set()


@asroot
def test_the_directory_may_go_first(programs: Programs, top: Any) -> None:
    short = top.child("short")
    fd = os.open(short.path, os.O_RDONLY)
    attachment = programs.attach(fd)
    os.close(fd)
    short.path.rmdir()
    attachment.close()


@asroot
def test_loading_is_quick(loadable: None) -> None:
    """The best of three, with room for a busy machine."""

    def once() -> float:
        began = time.monotonic()
        Programs().close()
        return time.monotonic() - began

    assert min(once() for _ in range(3)) < 1
