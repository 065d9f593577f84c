"""A door waits for its first word, is opened once, and one that nobody ever called ends without having been."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from vigiles.cell import doorstep
from vigiles.cell.door.messages import Done, Flows, Shutdown, decode_from_door, encode, pair
from vigiles.cell.doorstep import Doorstep


class Side:
    """A doorstep that never forks, with one door on it."""

    def __init__(self) -> None:
        self.opened: list[list[int]] = []
        self.launcher, theirs = pair()
        self.step = Doorstep(theirs.fileno(), self.opened.append)
        self.theirs = theirs
        self.control, self.notifier, self.address = self.door()

    def door(self) -> tuple[socket.socket, socket.socket, tuple[str, int]]:
        (control, inner), (ports, outer) = pair(), pair()
        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        fds = [sock.detach() for sock in (inner, outer, listener)]
        assert self.step.put(fds, fds)
        return control, ports, address

    def awaken(self) -> bool:
        """Take what happened; the launcher's word at the end keeps this from waiting."""
        self.launcher.send(b"x")
        said = self.step.wait()
        self.theirs.recv(16)
        return said


@pytest.fixture
def side() -> Iterator[Side]:
    made = Side()
    yield made
    for sock in (made.launcher, made.theirs, made.control, made.notifier):
        sock.close()
    made.step.leave()


def gone(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return sock.recv(16) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_nobody_opens_a_door_that_nobody_calls(side: Side) -> None:
    assert side.awaken()
    assert side.opened == []
    assert not gone(side.control)


@pytest.mark.parametrize("who", ["supervisor", "notifier", "a program inside"])
def test_whoever_calls_first_opens_the_door_once(side: Side, who: str) -> None:
    if who == "supervisor":
        side.control.send(encode(Flows(token=1)))
    elif who == "notifier":
        side.notifier.send(b"anything")
    else:
        socket.create_connection(side.address).close()
    side.awaken()
    side.awaken()
    assert [len(descriptors) for descriptors in side.opened] == [3]
    assert gone(side.control), "the spawner keeps nothing of a door that is open"


def test_what_was_said_is_still_there_for_the_door(side: Side) -> None:
    side.control.send(encode(Flows(token=1)))
    kept: list[socket.socket] = []
    side.step._open_door = lambda fds: kept.append(socket.socket(fileno=os.dup(fds[0])))
    side.awaken()
    with kept[0] as control:
        assert control.recv(4096) == encode(Flows(token=1))


def test_a_door_that_was_never_called_ends_without_being_opened(side: Side) -> None:
    side.control.send(encode(Shutdown(token=7)))
    side.awaken()
    assert side.opened == []
    assert decode_from_door(side.control.recv(4096)) == Done(token=7)
    assert gone(side.control)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(side.address)


def test_a_door_whose_supervisor_is_gone_closes(side: Side) -> None:
    side.control.close()
    side.awaken()
    assert side.opened == []
    assert gone(side.notifier)


def test_a_door_whose_notifier_is_gone_waits_on_and_others_are_not_concerned(side: Side) -> None:
    other, notifier, _ = side.door()
    with other, notifier:
        side.notifier.close()
        side.awaken()
        side.awaken()
        assert not gone(side.control)
        side.control.send(encode(Flows(token=1)))
        side.awaken()
        assert len(side.opened) == 1
        assert not gone(other)


def test_what_does_not_decode_is_the_door_s_to_judge(side: Side) -> None:
    side.control.send(b"\xc1")
    side.awaken()
    assert len(side.opened) == 1


def test_there_is_room_for_so_many_and_no_more(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorstep, "MOST", 0)
    one, other = pair()
    with one, other:
        assert not side.step.put([one.fileno()], [one.fileno()])
        assert not gone(other)
