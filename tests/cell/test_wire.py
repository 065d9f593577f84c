"""Messages with descriptors over a real pair of sockets, small and large."""

from __future__ import annotations

import os
import socket
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.cell import messages, wire
from vigiles.cell.spec import CallSpec, CellSpec, Limits

ANY: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder()


def over(message: object, descriptors: list[int] | None = None, decoder: Any = ANY) -> tuple[Any, list[int]]:
    ours, theirs = wire.pair()
    with ours, theirs:
        wire.send(ours, message, descriptors)
        return wire.receive(theirs, decoder)


@given(st.one_of(st.binary(max_size=300), st.lists(st.integers(-5, 2**40)), st.dictionaries(st.text(), st.text())))
def test_what_is_sent_is_received(value: Any) -> None:
    assert over(value) == (value, [])


@pytest.mark.parametrize("size", [0, 1, 59_990, 59_999, 60_001, 61_100, 1 << 20, 9 << 20])
@pytest.mark.parametrize("count", [0, 1, 3, 15])
def test_any_size_with_descriptors(size: int, count: int) -> None:
    data = os.urandom(size)
    readers = []
    ends = []
    for number in range(count):
        reader, writer = os.pipe()
        os.write(writer, bytes([number]))
        os.close(writer)
        readers.append(reader)
    before = len(os.listdir("/proc/self/fd"))
    received, fds = over(data, readers)
    assert received == data
    assert len(fds) == count
    for number, fd in enumerate(fds):
        assert os.read(fd, 2) == bytes([number])
        assert not os.get_inheritable(fd)
        ends.append(fd)
    for fd in ends:
        os.close(fd)
    assert len(os.listdir("/proc/self/fd")) == before
    for fd in readers:
        os.close(fd)


def test_messages_keep_their_bounds_and_order() -> None:
    ours, theirs = wire.pair()
    with ours, theirs:
        sent = [b"a", b"b" * 70_000, b"", b"c" * 100]
        for message in sent:
            wire.send(ours, message)
        assert [wire.receive(theirs, ANY)[0] for _ in sent] == sent


def test_the_other_end_is_gone() -> None:
    ours, theirs = wire.pair()
    theirs.close()
    with ours:
        with pytest.raises(wire.Closed):
            wire.receive(ours, ANY)
        with pytest.raises(OSError, match=r"[Bb]roken pipe"):
            wire.send(ours, b"x")
        with pytest.raises(OSError, match=r"[Bb]roken pipe"):
            wire.send(ours, b"x" * 100_000)


def test_nothing_yet_on_a_socket_that_does_not_wait() -> None:
    ours, theirs = wire.pair()
    with ours, theirs:
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            wire.receive(ours, ANY)


def test_a_wrong_message_is_an_error_of_its_own() -> None:
    with pytest.raises(msgspec.ValidationError):
        over({"type": "no such"}, decoder=messages.to_init)
    ours, theirs = wire.pair()
    with ours, theirs:
        ours.send(b"\xff\xfe")
        with pytest.raises(msgspec.DecodeError):
            wire.receive(theirs, messages.to_init)


CELL = CellSpec(run="r", episode="e", uid=1, gid=1, host_root=False, workdir="/w", workdir_mode="overlay")
CALL = CallSpec(call=1, argv=[b"x" * 100_000], environment={b"A": b"b"}, cwd=b"/", limits=Limits(processes=3))
MESSAGES = [
    (messages.Make(token=1, spec=CELL, door=b"x"), messages.to_launcher),
    (messages.Made(token=1, init=2, notifier=3), messages.from_launcher),
    (messages.NotMade(token=1, control="c", error="e", remedy="r"), messages.from_launcher),
    (messages.Launch(call=CALL), messages.to_init),
    (messages.Signal(signal=9, call=None), messages.to_init),
    (messages.CellUp(overlay=True, landlock_abi=7), messages.from_init),
    (messages.CellFailed(control="c", error="e", remedy="r"), messages.cell_word),
    (messages.Started(call=1, pid=2), messages.from_init),
    (messages.Exited(pid=1, call=None, code=None, signal=9, cpu_us=5), messages.from_init),
    (messages.LaunchFailed(call=1, control="fork", error="e"), messages.from_init),
    (messages.Listener(call=4), messages.listener),
    (messages.Halt(on=True), messages.to_notifier),
]


@pytest.mark.parametrize(("message", "decoder"), MESSAGES)
def test_every_message_survives(message: object, decoder: Any) -> None:
    assert over(message, decoder=decoder)[0] == message


def test_the_notifier_sends_batches() -> None:
    batch = [messages.Tag(call=1, uts=2), messages.CallOver(call=1)]
    assert over(batch, decoder=messages.from_notifier)[0] == batch


def test_pairs_are_not_inherited() -> None:
    ours, theirs = wire.pair()
    with ours, theirs:
        assert not ours.get_inheritable()
        assert not theirs.get_inheritable()
        assert ours.type == socket.SOCK_SEQPACKET
