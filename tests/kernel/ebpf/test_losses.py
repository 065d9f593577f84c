"""Floods: what finds no room is counted, and costs nobody else's events."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from vigiles.kernel.ebpf.programs import Programs

pytestmark = [pytest.mark.asroot, pytest.mark.alone]
Inside = Callable[..., Any]
CHILDREN = 20
#: A fork and an exit for each child, and the end of their parent.
EVENTS = 2 * CHILDREN + 1


def _flood() -> None:
    for _ in range(CHILDREN):
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)


@pytest.fixture
def narrow(loadable: None) -> Iterator[Programs]:
    """A ring of two pages, and shares of eight events."""
    with Programs(ring_bytes=8192) as programs:
        yield programs


def test_a_flood_is_counted_and_costs_no_other_call(narrow: Programs, top: Any, inside: Inside) -> None:
    flood, quiet = top.child("flood"), top.child("quiet")
    narrow.assign(flood.id, 1)
    narrow.assign(quiet.id, 2)
    inside(flood, _flood)
    inside(quiet, lambda: None)
    tokens = [event.token for event in narrow.events()]
    assert tokens.count(2) == 1
    assert 0 < tokens.count(1) <= 16
    assert narrow.lost() == narrow.counts(flood.id).lost == EVENTS - tokens.count(1)
    assert narrow.forget(quiet.id).lost == 0


def test_after_the_reader_came_there_is_room_again(narrow: Programs, call: Any, inside: Inside) -> None:
    narrow.assign(call.id, 1)
    for _ in range(3):
        inside(call, _flood)
        assert len(narrow.events()) >= 8
    lost = narrow.lost()
    inside(call, lambda: None)
    assert len(narrow.events()) == 1
    assert narrow.lost() == lost


def test_a_reader_that_keeps_up_loses_nothing(narrow: Programs, call: Any, inside: Inside) -> None:
    narrow.assign(call.id, 1)
    for _ in range(100):
        pid, _ = inside(call, lambda: None)
        assert [event.pid for event in narrow.events()] == [pid]
    assert narrow.lost() == 0


def test_the_calls_of_one_cell_have_one_share(narrow: Programs, top: Any, inside: Inside) -> None:
    cell, quiet = top.child("cell"), top.child("quiet")
    narrow.assign(cell.id, 99)
    narrow.assign(quiet.id, 100)
    calls = [cell.child(f"call-{number}") for number in range(1, 13)]
    for token, one in enumerate(calls, 1):
        narrow.assign(one.id, token, payer=cell.id)
        inside(one, _flood)
    inside(quiet, lambda: None)
    tokens = [event.token for event in narrow.events()]
    assert tokens.count(100) == 1
    assert len(tokens) - 1 <= 16
    lost = [narrow.counts(one.id).lost for one in calls]
    assert sum(lost) == narrow.lost() == len(calls) * EVENTS - (len(tokens) - 1)
    assert narrow.counts(cell.id).lost == 0


def test_a_ring_that_is_full_is_counted_too(narrow: Programs, top: Any, inside: Inside) -> None:
    """Twelve shares are more than the ring has."""
    calls = [top.child(f"call-{number}") for number in range(1, 13)]
    for token, one in enumerate(calls, 1):
        narrow.assign(one.id, token)
        inside(one, _flood)
    tokens = [event.token for event in narrow.events()]
    assert 8192 // 120 - 3 <= len(tokens) <= 8192 // 120
    assert narrow.counts(calls[-1].id).lost == EVENTS
    assert narrow.lost() == len(calls) * EVENTS - len(tokens)


def test_a_payer_without_a_name_leaves_the_call_its_own_share(narrow: Programs, call: Any, inside: Inside) -> None:
    narrow.assign(call.id, 1, payer=4711)
    inside(call, lambda: None)
    assert len(narrow.events()) == 1


def test_a_datagram_that_was_lost_is_told_later(narrow: Programs, call: Any, inside: Inside, at_home: Any) -> None:
    narrow.assign(call.id, 1)
    fd = os.open(call.path, os.O_RDONLY)
    narrow.attach(fd)
    os.close(fd)

    def empty() -> None:
        narrow.events()

    emptied = at_home(empty)

    def act() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
            server.bind(("127.0.0.1", 0))
            for _ in range(20):
                socket.socket().close()
            client.sendto(b"x", server.getsockname())
            emptied()
            client.sendto(b"x", server.getsockname())
            client.sendto(b"x", server.getsockname())

    inside(call, act)
    assert [event.kind for event in narrow.events()] == ["send", "exit"]
