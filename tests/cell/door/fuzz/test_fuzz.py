"""Hostile bytes in five protocols at once against a real door: whatever comes, nothing goes by that was not judged.

Ten seconds; ``VIGILES_FUZZ_SECONDS`` for longer. ``VIGILES_FUZZ_SEED`` repeats a run's cases (its order differs, each case
does not), ``VIGILES_FUZZ_CASE`` ("http 123") plays one of them alone.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vigiles.cell.door.messages import Done, FlowList, Flows, Ready, Shutdown

SECONDS = float(os.environ.get("VIGILES_FUZZ_SECONDS", "10"))
#: Memory that a door may have more at the end than after its first seconds, bytes, whatever it was sent.
GROWTH = 48 << 20
_ORDERS = (Done, FlowList, Ready)
Fuzzing = dict[str, ModuleType]


class Side:
    """The door as a player sees it."""

    def __init__(self, door: Any) -> None:
        self._door = door
        self.proxy, self.transparent, self.socks = door.proxy, door.transparent, door.socks
        self.dns_udp, self.dns_tcp = door.dns_udp, door.dns_tcp
        self.connect, self.ask = door.connect, door.ask

    def taken(self) -> list[Any]:
        """Return the observations since the last time."""
        with self._door._arrived:
            taken = [message for message in self._door.messages if not isinstance(message, _ORDERS)]
            self._door.messages[:] = [message for message in self._door.messages if isinstance(message, Ready)]
        return taken

    def open_flows(self) -> int:
        """Return how many flows are open."""
        with self._door._arrived:
            self._door.messages[:] = [message for message in self._door.messages if not isinstance(message, FlowList)]
        return len(self._door.order(Flows).flows)

    def resident(self) -> int:
        """Return the process's memory, bytes."""
        with open(f"/proc/{self._door.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def seed() -> str:
    seed = os.environ.get("VIGILES_FUZZ_SEED") or secrets.token_hex(4)
    print(f"VIGILES_FUZZ_SEED={seed}")
    return seed


@pytest.fixture
def start_play(fuzzing: Fuzzing, start_door: Any, certificate: Path) -> Callable[..., Any]:
    """Return what makes a player with a door of its own; the sockets listen once its loop runs."""

    def start(seed: str, sabotage: str = "") -> Any:
        origin = fuzzing["fuzz_origin"].Origin(seed)
        # What is listed is pinned, so no case may make the door ask a resolver.
        ask = "from vigiles.cell.door import dial\ndef boom(*a): raise KeyError('resolved')\ndial.Dialler.resolve = boom\n"
        door = start_door(
            origin.port, sabotage=ask + sabotage, head_ms=300, first_flight_ms=300, half_open_ms=600, idle_ms=1500,
            dns_max_queries=10_000_000,
        )  # fmt: skip
        authority = f"allowed.example:{origin.port}"
        oracle = fuzzing["fuzz_oracle"].Oracle(authority, str(certificate))
        return fuzzing["fuzz_play"].Play(seed, Side(door), origin, oracle, authority), door

    return start


@pytest.mark.timeout(SECONDS + 120)
def test_nothing_that_was_not_judged_goes_by(start_play: Any, seed: str) -> None:
    play, door = start_play(seed)
    case = os.environ.get("VIGILES_FUZZ_CASE")
    warm = 0

    async def run() -> None:
        nonlocal warm
        if case is not None:
            protocol, number = case.split()
            await play.alone(protocol, int(number))
            return
        running = asyncio.ensure_future(play.run(SECONDS))
        await asyncio.sleep(min(5, SECONDS / 3))
        warm = play.door.resident()
        await running

    asyncio.run(run())
    grown = play.door.resident() - warm
    done = door.order(Shutdown)
    for message in play.door.taken():
        play.oracle.told(message)
    print(
        f"cases {dict(play.cases)}, flows {play.oracle.flows}, requests {play.oracle.requests}, grown {grown / 1e6:.1f} MB"
    )
    print(*play.oracle.wrongs[:20], sep="\n")
    assert play.oracle.wrongs == []
    assert play.honest.endswith(b"\r\n\r\nhonest")
    assert done.flows == 0
    if case is None:
        assert grown < GROWTH
        assert min(play.cases[name] for name in ("http", "connect", "socks", "dns", "tls")) > 10 * min(SECONDS, 10)
        assert play.oracle.requests > 20
        assert play.oracle.tunnels > 10


#: By protocol: what makes a door let something by, and how it shows.
FAULTS = {
    "http": (
        """
from vigiles.protocols.http_chunked import ChunkedScanner
def feed(self, data):
    self.done = True
    return len(data)
ChunkedScanner.feed = feed
""",
        ("one connection, [",),
    ),
    "tls": (
        "from vigiles.cell.door import tunnel\ntunnel.promised = lambda egress, flight, hosts: next(iter(hosts))\n",
        ("OpenSSL reads the name",),
    ),
}


@pytest.mark.parametrize("protocol", FAULTS)
def test_a_door_that_lets_things_by_is_found_out(start_play: Any, protocol: str) -> None:
    fault, shown = FAULTS[protocol]
    play, _ = start_play("found out", fault)
    play.enough = 1
    asyncio.run(play.run(8, (protocol,)))
    assert any(text in wrong for wrong in play.oracle.wrongs for text in shown), play.oracle.wrongs
