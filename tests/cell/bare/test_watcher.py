"""The notifier of tier U- answers what only this tier reports."""

from __future__ import annotations

import socket

import pytest

from vigiles.cell.bare.calls import BareCalls
from vigiles.cell.bare.filter import REPORTED
from vigiles.cell.bare.numbers import NUMBERS
from vigiles.cell.bare.watcher import BareNotifier
from vigiles.cell.spec import CellSpec
from vigiles.kernel.syscall import here, number


@pytest.fixture
def notifier():  # type: ignore[no-untyped-def]
    cell = CellSpec(
        run="r", episode="e", uid=1, gid=1, host_root=False, workdir="/", workdir_mode="direct", tier="U-", private="/tmp/x"
    )
    pairs = [socket.socketpair() for _ in range(3)]
    yield BareNotifier(cell, 1, pairs[0][0], pairs[1][0], pairs[2][0])
    for pair in pairs:
        for sock in pair:
            sock.close()


def test_every_reported_call_has_a_handler_of_this_tier(notifier: BareNotifier) -> None:
    numbers = NUMBERS[here().machine]
    for name in REPORTED:
        if name in numbers:
            assert numbers[name] in notifier._handlers, name
    assert type(notifier._handlers[number("connect")].__self__).__name__ == "BareConnecting"  # type: ignore[union-attr]
    assert isinstance(notifier._calls, BareCalls)
    notifier._epoll.close()
