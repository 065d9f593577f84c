"""The launcher by itself: what goes wrong with one cell ends that cell, and no process of it is the launcher's double."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.cell import door_spawner, wire
from vigiles.cell.launcher import Launcher
from vigiles.cell.messages import Adopt, NotMade, from_launcher
from vigiles.cell.spec import CellSpec


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
    assert (word.token, word.control) == (7, "start")
    made._serve(Adopt(token=7, spec=None))
    with pytest.raises(BlockingIOError):
        wire.receive(supervisor, from_launcher)
