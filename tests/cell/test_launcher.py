"""The launcher by itself: what goes wrong with one cell ends that cell, and no process of it is the launcher's double."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.cell import door_spawner, launcher, wire
from vigiles.cell.launcher import Launcher
from vigiles.cell.messages import Adopt, NotMade, from_launcher
from vigiles.cell.spec import CellSpec
from vigiles.kernel import namespaces


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Launcher, socket.socket]]:
    """A launcher that has no spawner, and the supervisor's end of its socket."""
    ours, theirs = wire.pair()
    spawner, other = wire.pair()
    monkeypatch.setattr(door_spawner, "start", lambda _: spawner)
    ours.setblocking(False)
    with ours, theirs, spawner, other:
        yield Launcher(theirs), ours


def spec(workdir: Path) -> CellSpec:
    return CellSpec(run="r", episode="e", uid=1, gid=1, host_root=False, workdir=str(workdir), workdir_mode="overlay")


def test_a_cell_that_nobody_prepared_cannot_be_adopted(ends: tuple[Launcher, socket.socket], tmp_path: Path) -> None:
    made, supervisor = ends
    made._serve(Adopt(token=7, spec=spec(tmp_path)))
    word, _ = wire.receive(supervisor, from_launcher)
    assert isinstance(word, NotMade)
    assert (word.token, word.control) == (7, "init")
    made._serve(Adopt(token=7, spec=None))
    with pytest.raises(BlockingIOError):
        wire.receive(supervisor, from_launcher)


def test_an_owner_that_cannot_be_mapped_is_an_error_and_leaves_no_process(
    ends: tuple[Launcher, socket.socket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: int) -> None:
        raise OSError(28, "no user namespace left")

    monkeypatch.setattr(namespaces, "unshare", none_left)
    killed: list[int] = []
    monkeypatch.setattr(launcher, "_kill", killed.append)
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="user namespace"):
        ends[0]._idmap(str(tmp_path), 1, 1)
    (helper,) = killed
    assert os.waitstatus_to_exitcode(os.waitpid(helper, 0)[1]) == 1
    assert len(os.listdir("/proc/self/fd")) == descriptors
