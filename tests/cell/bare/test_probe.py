"""The self-probe of tier U-: all of it is stopped in a cell, and it tells when nothing stops it."""

from __future__ import annotations

import pytest

from vigiles.cell import probe
from vigiles.cell.bare.probe import _SHARED, ATTEMPTS


@pytest.mark.cell
def test_everything_was_tried_and_stopped(played) -> None:
    assert played()["probes"] == [[], len(ATTEMPTS)]


def test_the_shared_attempts_are_those_of_every_tier() -> None:
    gates = {"int 0x80", "x32"}
    assert _SHARED - {one.name for one in probe.FULL} <= gates
    assert len({one.name for one in ATTEMPTS}) == len(ATTEMPTS)


def test_without_walls_it_says_so(in_child) -> None:
    wanted = {"UDP socket", "Unix datagram socket", "bind an abstract socket", "list /", "listen on all addresses"}
    found = in_child(lambda: [one.stopped for one in probe.attempt(one for one in ATTEMPTS if one.name in wanted)])
    assert found == [False] * len(wanted)
