"""A call that floods fills neither the ledger nor memory, and every act of it is still counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.model.union import Recorded
from vigiles.runtime.episode import Episode

pytestmark = [pytest.mark.cell, pytest.mark.alone]

EXECS, CONNECTS = 1500, 6000
PROGRAMS = """
import os, sys
for number in range(int(sys.argv[1])):
    pid = os.posix_spawn("/bin/true", ["true", str(number)], {})
    os.waitpid(pid, 0)
"""
SOCKETS = """
import socket, sys
for number in range(int(sys.argv[1])):
    sock = socket.socket()
    try:
        sock.connect(("127.0.0.1", 9))
    except OSError:
        pass
    sock.close()
for number in range(int(sys.argv[1]) // 10):
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.close()
"""
SWEEP = """
import socket
for port in range(1, 40):
    try:
        socket.create_connection(("203.0.113.7", port), timeout=0.5)
    except OSError:
        pass
"""


def counted(records: list[Recorded], kind: str, cls: type) -> tuple[int, int]:
    """Return how many stand one by one and how many in numbers."""
    singles = sum(1 for record in records if isinstance(record, cls))
    return singles, sum(record.count for record in records if isinstance(record, Flood) and record.kind == kind)


def ledger_of(home: Path, episode: str) -> list[Recorded]:
    with LedgerReader(home) as reader:
        return [record for _, record in reader.records(episode=episode)]


def test_a_flood_is_in_the_ledger_in_numbers(
    short_folder: Callable[[str], Path], shared_home: Path, python: list[str]
) -> None:
    from vigiles.api import open_episode

    async def main() -> str:
        async with open_episode(profile="observe", workdir=short_folder("w"), home=shared_home) as episode:
            await episode.call([*python, PROGRAMS, str(EXECS)])
            await episode.call([*python, SOCKETS, str(CONNECTS)])
            await episode.call([*python, SOCKETS, str(CONNECTS)])
        return episode.coordinates.episode

    name = asyncio.run(main())
    records = ledger_of(shared_home, name)
    starts, folded = counted(records, "process_start", ProcessStart)
    assert starts + folded == EXECS + 3
    assert starts < 300
    connects, folded = counted(records, "connect", Connect)
    assert connects + folded >= 2 * CONNECTS
    assert connects < 600
    binds, folded = counted(records, "bind", Bind)
    assert binds + folded == 2 * (CONNECTS // 10)
    assert len(records) < 2500
    flood = next(record for record in records if isinstance(record, Flood) and record.kind == "process_start")
    assert (flood.things[0].name, flood.attribution.call, flood.attribution.grade) == ("/bin/true", 1, "exact")


def test_a_sweep_behind_a_flood_is_found(inside: Any, python: list[str]) -> None:
    async def body(episode: Episode) -> set[str]:
        await episode.call([*python, SOCKETS + SWEEP, str(CONNECTS)])
        return {finding.rule for finding in episode.findings(1)}

    assert "scanning.port_sweep" in inside(body, profile="rl-rollout")


def test_the_loop_has_its_turn_while_a_cell_floods(inside: Any, python: list[str]) -> None:
    async def body(episode: Episode) -> float:
        flood = asyncio.ensure_future(episode.call([*python, SOCKETS, "20000"], timeout=4))
        longest, until = 0.0, time.monotonic() + 2
        while time.monotonic() < until and not flood.done():
            before = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - before)
        await flood
        return longest

    assert inside(body) < 1.0
