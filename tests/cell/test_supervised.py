"""What init of every tier does with orders: carries them out, refuses while frozen, ends when nobody listens."""

from __future__ import annotations

import errno
import os
import signal
import socket
from typing import NoReturn

import pytest

from vigiles.cell import wire
from vigiles.cell.call import Walls
from vigiles.cell.messages import Enter, Launch, LaunchFailed, Signal, from_init
from vigiles.cell.spec import CallSpec, CellSpec
from vigiles.cell.supervised import DOCTOR, Supervised, failure

_CELL = CellSpec(run="r", episode="e", uid=1, gid=1, host_root=False, workdir="/", workdir_mode="direct")


class Ended(Exception):
    """In the place of the end of the process."""


class Recording(Supervised):
    """Notes what it is to carry out."""

    def __init__(self, supervisor: socket.socket) -> None:
        super().__init__(_CELL, supervisor, supervisor, Walls(-1, b""))
        self.done: list[object] = []

    def _launch(self, order: Launch, descriptors: list[int]) -> None:
        self.done.append((order.call.call, [os.fstat(fd).st_ino for fd in descriptors]))

    def _signal(self, order: Signal) -> None:
        self.done.append((order.signal, order.call))

    def _enter(self, order: Enter, entrances: list[int]) -> None:
        self.done.append((order.room, len(entrances)))

    def _end(self) -> NoReturn:
        raise Ended


@pytest.fixture
def pair():  # type: ignore[no-untyped-def]
    ours, theirs = wire.pair()
    with ours, theirs:
        yield ours, theirs


def _call(number: int) -> CallSpec:
    return CallSpec(call=number, argv=[b"true"], environment={}, cwd=b"/")


def test_a_call_is_started_with_its_descriptors_which_are_closed_afterwards(pair) -> None:
    ours, theirs = pair
    init = Recording(theirs)
    before = len(os.listdir("/proc/self/fd"))
    reader, writer = os.pipe()
    wire.send(ours, Launch(call=_call(4)), [reader])
    inode = os.fstat(reader).st_ino
    os.close(reader)
    os.close(writer)
    init._order()
    assert init.done == [(4, [inode])]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_frozen_cell_starts_nothing_and_wakes_nobody(pair) -> None:
    ours, theirs = pair
    init = Recording(theirs)
    orders = [
        Signal(signal=signal.SIGSTOP),
        Launch(call=_call(5)),
        Enter(room=3),
        Signal(signal=signal.SIGCONT, call=5),
        Signal(signal=signal.SIGKILL, call=5),
        Signal(signal=signal.SIGTERM),
        Launch(call=_call(6)),
        Signal(signal=signal.SIGCONT),
        Launch(call=_call(7)),
    ]
    for order in orders:
        wire.send(ours, order)
        init._order()
    kept = [(signal.SIGSTOP, None), (3, 0), (signal.SIGKILL, 5), (signal.SIGTERM, None), (signal.SIGCONT, None), (7, [])]
    assert init.done == kept
    for number in (5, 6):
        word, _ = wire.receive(ours, from_init)
        assert word == LaunchFailed(call=number, control="freeze", error="the cell is frozen")


def test_it_ends_when_its_supervisor_is_gone(pair) -> None:
    ours, theirs = pair
    init = Recording(theirs)
    ours.close()
    with pytest.raises(Ended):
        init._order()
    with pytest.raises(Ended):
        init._tell(LaunchFailed(call=1, control="x", error="y"))


def test_a_failure_names_the_path_that_failed_and_what_to_do() -> None:
    said = failure("mounts", OSError(errno.ENOENT, "no", "/there"), {"mounts": "make it"})
    assert (said.control, said.error, said.remedy) == ("mounts", "No such file or directory (/there)", "make it")
    other = failure("start", ValueError("seven"), {})
    assert (other.error, other.remedy) == ("seven", DOCTOR)
