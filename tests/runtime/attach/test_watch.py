"""What the kernel's events become: on paper with this process's own group, and in a real container."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.cell.container import Container
from vigiles.kernel import cgroups
from vigiles.kernel.cgroups import Group
from vigiles.kernel.ebpf.events import Event, Kind
from vigiles.ledger.mint import now
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.base import Observation
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.model.union import Recorded
from vigiles.runtime.attach.watch import CALL, AttachedWatch

POOL, MINERS = "203.0.113.20", 3333


@pytest.fixture
def seen() -> list[Any]:
    return []


@pytest.fixture
def watch(seen: list[Recorded]) -> AttachedWatch:
    """A watch on the group that this very process is in; it is only read."""
    hierarchies, own = cgroups.here(), cgroups.path_of(os.getpid())
    if hierarchies is None or own is None:
        pytest.skip("cgroup version 2 is missing")
    container = Container(Group(hierarchies, own.strip("/"), ()))
    return AttachedWatch(container, Coordinates(run="run", episode="ep"), seen.append)


def event(kind: Kind, pid: int = 1 << 30, **more: Any) -> Event:
    about = {
        "token": 1,
        "cgroup": 2,
        "task_token": 1,
        "task_cgroup": 2,
        "ppid": 1,
        "started_ns": 0,
        "creator": 1,
        "comm": "name",
    }
    return Event(**{"kind": kind, "pid": pid, "time_ns": now().mono_us * 1000, **about, **more})


def test_a_program_that_is_gone_has_the_name_that_the_kernel_saw(watch: AttachedWatch, seen: list[ProcessStart]) -> None:
    watch.saw(event("fork"), CALL)
    watch.saw(event("exec", filename="/opt/miner"), CALL)
    (start,) = seen
    assert (start.via, start.exe, start.argv, start.ppid) == ("exec", "/opt/miner", ["name"], 1)
    assert (start.attribution.grade, start.attribution.methods) == ("exact", ["cgroup"])
    assert start.coordinates is not None
    assert start.coordinates.call == CALL


def test_a_program_that_lives_has_its_arguments(watch: AttachedWatch, seen: list[ProcessStart]) -> None:
    watch.saw(event("exec", os.getpid(), filename="other"), CALL)
    with open("/proc/self/cmdline", "rb") as file:
        assert seen[0].argv[0] == os.fsdecode(file.read().split(b"\0")[0])
    assert seen[0].exe == os.readlink("/proc/self/exe")


def test_a_fork_that_executes_nothing_is_told_when_it_is_over(watch: AttachedWatch, seen: list[Observation]) -> None:
    watch.saw(event("fork"), CALL)
    assert seen == []
    watch.saw(event("exit", exit_code=3 << 8), CALL)
    start, end = seen
    assert isinstance(start, ProcessStart)
    assert start.via == "fork"
    assert isinstance(end, ProcessExit)
    assert end.status == 3


@pytest.mark.parametrize(
    ("kind", "address", "port", "protocol", "door", "outcome", "transport"),
    [
        ("connect", POOL, MINERS, 6, False, "seen", "tcp"),
        ("connect", POOL, MINERS, 6, True, "door", "tcp"),
        ("connect", "2001:db8::1", 443, 6, True, "door", "tcp"),
        ("connect", "127.0.0.1", 80, 6, True, "inside", "tcp"),
        ("send", POOL, 4444, 17, False, "seen", "udp"),
        ("send", POOL, 4444, 17, True, "refused", "udp"),
        ("connect", "9.9.9.9", 53, 17, True, "door", "udp"),
        ("send", "2001:db8::1", 53, 17, True, "refused", "udp"),
    ],
)
def test_what_becomes_of_what_leaves(
    watch: AttachedWatch,
    seen: list[Connect],
    kind: Kind,
    address: str,
    port: int,
    protocol: int,
    door: bool,
    outcome: str,
    transport: str,
) -> None:
    watch.door = door
    watch.saw(event(kind, address=address, port=port, protocol=protocol), CALL)
    (record,) = seen
    assert (record.outcome, record.transport, record.address, record.port) == (outcome, transport, address, port)
    assert record.reason == ("cell_refused" if outcome == "refused" else "allowed")


def test_datagrams_to_one_place_are_told_once(watch: AttachedWatch, seen: list[Connect]) -> None:
    for port in (1, 1, 2, 1):
        watch.saw(event("send", address=POOL, port=port, protocol=17), CALL)
    watch.saw(event("send", address="127.0.0.1", port=1, protocol=17), CALL)
    assert [record.port for record in seen] == [1, 2]


def test_what_was_lost_is_a_gap(watch: AttachedWatch, seen: list[Gap]) -> None:
    watch.lost(CALL, 7)
    assert [(gap.what, gap.count, gap.attribution.call) for gap in seen] == [("kernel events", 7, CALL)]


def test_a_look_finds_who_was_there_before(watch: AttachedWatch, seen: list[Observation]) -> None:
    assert watch.look() >= 1
    ours = [record for record in seen if isinstance(record, ProcessStart) and record.pid == os.getpid()]
    assert [(record.via, record.attribution.methods) for record in ours] == [("scan", ["cgroup"])]
    seen.clear()
    watch.look()
    assert [record for record in seen if isinstance(record, ProcessStart) and record.pid == os.getpid()] == []
    assert os.getpid() in [process.pid for process in watch.snapshot()]


@pytest.mark.cell
@pytest.mark.asroot
def test_a_container_that_is_only_watched(scene: Any, of_type: Callable[..., list[dict[str, Any]]]) -> None:
    told = scene("watched")
    assert "result" in told["mined"]
    assert told["datagram"] == "heard"
    assert told["tables"] == ""
    reached = [(one["transport"], one["address"], one["port"]) for one in of_type(told, "connect", outcome="seen")]
    assert reached == [("tcp", POOL, MINERS), ("udp", POOL, 4444)]
    assert len(of_type(told, "process_start", via="exec")) == 3
    assert len(of_type(told, "process_start", via="scan")) == 1
    assert len(of_type(told, "process_start", via="fork")) == 1
    assert 3 in [one["status"] for one in of_type(told, "process_exit")]
    observations = [one for one in told["records"] if one.get("attribution")]
    assert {(one["attribution"]["grade"], one["coordinates"]["call"]) for one in observations} == {("exact", 1)}
    (ended,) = of_type(told, "call_ended")
    assert ended["sent_bytes"] > 100
    assert ended["cpu_us"] > 0
    used = of_type(told, "compute")
    assert used[-1]["total_us"] == ended["cpu_us"]
    assert {tuple(one["attribution"]["methods"]) for one in used} == {("cgroup",)}
