"""Identity in tier U-: the listener names the call, the keeper above a process is the second opinion."""

from __future__ import annotations

import os
import signal
import time

import pytest

from vigiles.cell.bare.calls import BareCalls
from vigiles.cell.spec import CellSpec

_CELL = CellSpec(run="r", episode="e", uid=1, gid=1, host_root=False, workdir="/", workdir_mode="direct", tier="U-")


def test_the_listener_s_word_is_exact_and_a_process_elsewhere_is_no_contradiction() -> None:
    calls = BareCalls(_CELL, init=os.getpid())
    held = os.open("/proc/self/ns/uts", os.O_RDONLY)
    one = calls.add(1, 100, held, 4242)
    assert one.uts == 4242
    assert calls.by_uts == {4242: one}
    known = calls.attribution(one, os.getpid(), second=True)
    assert (known.grade, known.call, known.methods, known.disagreement) == ("exact", 1, ["listener"], [])
    os.close(held)


def test_a_process_below_another_call_s_keeper_disagrees() -> None:
    reader, writer = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        os.write(writer, child.to_bytes(4, "little"))
        os.waitpid(child, 0)
        os._exit(0)
    child = int.from_bytes(os.read(reader, 4), "little")
    calls = BareCalls(_CELL, init=os.getpid())
    held = os.open("/proc/self/ns/uts", os.O_RDONLY)
    one, two = calls.add(1, 100, held, 1), calls.add(2, 101, held, keeper)
    assert calls.of_process(child) is two
    assert calls.attribution(two, child, second=True).methods == ["listener", "subreaper"]
    assert calls.attribution(one, child, second=True).disagreement == ["listener=1", "subreaper=2"]
    os.kill(child, signal.SIGKILL)
    os.waitpid(keeper, 0)
    for fd in (reader, writer, held):
        os.close(fd)


@pytest.mark.cell
def test_records_of_an_episode_agree(played) -> None:
    assert played()["methods"] == ["listener", "subreaper"]
    assert played()["disagreeing"] == 0


@pytest.mark.cell
def test_orphans_of_overlapping_calls_keep_their_call(played) -> None:
    assert played()["overlapping"] == [12, 12]
