"""The notifier's table: who speaks, which tag, and what is said when they differ."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.cell.notifying import calls as module
from vigiles.cell.notifying.calls import HELD, Calls, Known, fresh
from vigiles.cell.spec import CellSpec
from vigiles.model.attribution import Trigger

CELL = CellSpec(run="run-1", episode="ep-1", uid=1, gid=1, host_root=False, workdir="/w", workdir_mode="overlay")


@pytest.fixture
def calls() -> Iterator[Calls]:
    made = Calls(CELL)
    yield made
    for known in made.by_uts.values():
        os.close(known.held)


def own_tag() -> int:
    return os.open("/proc/self/ns/uts", os.O_RDONLY | os.O_CLOEXEC)


def other_tag() -> int:
    """A descriptor whose inode is no UTS namespace of this process: enough for a tag that nobody wears."""
    return os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)


def known_of(calls: Calls, call: int, listener: int, tag: int) -> Known:
    return calls.add(call, listener, tag)


def test_both_methods_agree(calls: Calls) -> None:
    known = known_of(calls, 3, 10, own_tag())
    assert (known.coordinates.run, known.coordinates.episode, known.coordinates.call) == ("run-1", "ep-1", 3)
    assert calls.of_process(os.getpid()) is known
    attribution = calls.attribution(known, os.getpid(), second=True)
    assert (attribution.grade, attribution.call, attribution.methods) == ("exact", 3, ["listener", "uts"])
    assert attribution.disagreement == []


def test_disagreement_is_said(calls: Calls) -> None:
    worn = known_of(calls, 3, 10, own_tag())
    speaks = known_of(calls, 4, 11, other_tag())
    attribution = calls.attribution(speaks, os.getpid(), second=True)
    assert (attribution.call, attribution.methods) == (4, ["listener"])
    assert attribution.disagreement == ["listener=4", f"uts={worn.call}"]


def test_a_tag_that_nobody_knows_is_a_disagreement_too(calls: Calls) -> None:
    speaks = known_of(calls, 4, 11, other_tag())
    assert calls.attribution(speaks, os.getpid(), second=True).disagreement == ["listener=4", "uts=unknown"]


def test_one_method_is_enough_where_the_second_would_cost(calls: Calls) -> None:
    speaks = known_of(calls, 4, 11, other_tag())
    trigger = Trigger(state="unknown")
    attribution = calls.attribution(speaks, os.getpid(), second=False, trigger=trigger)
    assert (attribution.methods, attribution.disagreement, attribution.trigger) == (["listener"], [], trigger)


def test_a_listener_that_hung_up_is_forgotten_and_its_tag_is_not(calls: Calls) -> None:
    known = known_of(calls, 3, 10, own_tag())
    calls.drop(10)
    calls.drop(10)
    assert calls.by_listener == {}
    assert list(calls.ended) == [known]
    assert calls.of_process(os.getpid()) is known


def test_tags_of_calls_that_ended_long_ago_are_let_go(calls: Calls, tmp_path: Path) -> None:
    known = known_of(calls, 3, 10, own_tag())
    calls.drop(10)
    before = len(os.listdir("/proc/self/fd"))
    for number in range(HELD):
        (tmp_path / str(number)).touch()
        known_of(calls, number + 4, 11, os.open(tmp_path / str(number), os.O_RDONLY | os.O_CLOEXEC))
        calls.drop(11)
    assert calls.of_process(os.getpid()) is None
    assert len(calls.by_uts) == len(calls.ended) == HELD
    assert len(os.listdir("/proc/self/fd")) == before + HELD - 1
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(known.held)


def test_a_tag_that_another_call_wears_by_now_is_that_call_s(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 0)
    known_of(calls, 3, 10, own_tag())
    later = known_of(calls, 4, 11, own_tag())
    calls.drop(10)
    assert calls.of_process(os.getpid()) is later


def test_every_observation_has_a_name_of_its_own() -> None:
    names = {fresh()[0] for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("obs-") for name in names)


def test_a_third_method_agrees_or_is_said_to_differ() -> None:
    calls = Calls(CELL)
    known, other = calls.add(3, 10, own_tag(), group=33), calls.add(4, 11, other_tag(), group=44)
    agreed = calls.compared(known, known.uts, known.group)
    assert (agreed.methods, agreed.disagreement) == (["listener", "uts", "cgroup"], [])
    moved = calls.compared(known, known.uts, other.group)
    assert (moved.call, moved.methods, moved.disagreement) == (3, ["listener", "uts"], ["listener=3", "cgroup=4"])
    strange = calls.compared(known, other.uts, 1)
    assert strange.disagreement == ["listener=3", "uts=4", "cgroup=unknown"]
    ended = calls.compared(known, None, 0)
    assert (ended.methods, ended.disagreement) == (["listener"], [])
    for one in (known, other):
        os.close(one.held)


def test_a_process_outside_of_the_call_s_group_is_found_out() -> None:
    calls = Calls(CELL)
    known = calls.add(3, 10, own_tag(), group=1 << 40)
    attribution = calls.attribution(known, os.getpid(), second=True)
    if attribution.methods == ["listener", "uts"] and not attribution.disagreement:
        pytest.skip("the kernel does not tell a process's control group by pidfd (6.13)")
    assert attribution.disagreement == ["listener=3", "cgroup=unknown"]
    os.close(known.held)
