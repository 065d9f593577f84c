"""Hostile bytes in five protocols at once against a real door: whatever comes, nothing goes by that was not judged.

Ten seconds; ``VIGILES_FUZZ_SECONDS`` for longer. ``VIGILES_FUZZ_SEED`` repeats a run's cases (its order differs, each case
does not), ``VIGILES_FUZZ_CASE`` ("http 123") plays one of them alone.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import ssl
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vigiles.cell import authority
from vigiles.cell.door.messages import Done, FlowList, Flows, Ready, Shutdown

SECONDS = float(os.environ.get("VIGILES_FUZZ_SECONDS", "10"))
#: Memory that a door may have more at the end than after its first seconds, bytes, whatever it was sent.
GROWTH = 48 << 20
OURS = authority.mint()
_ORDERS = (Done, FlowList, Ready)
Fuzzing = dict[str, ModuleType]


class Side:
    """The door as a player sees it."""

    def __init__(self, door: Any) -> None:
        self._door = door
        self.proxy, self.transparent, self.socks = door.proxy, door.transparent, door.socks
        self.dns_udp, self.dns_tcp = door.dns_udp, door.dns_tcp
        self.connect, self.ask, self.order = door.connect, door.ask, door.order

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

    def start(seed: str, sabotage: str = "", *, inside: bool = False) -> Any:
        origin = fuzzing["fuzz_origin"].Origin(seed, str(certificate) if inside else "")
        # What is listed is pinned, so no case may make the door ask a resolver.
        ask = "from vigiles.cell.door import dial\ndef boom(*a): raise KeyError('resolved')\ndial.Dialler.resolve = boom\n"
        more = {"authority": OURS, "trust": [certificate.read_text()]} if inside else {}
        door = start_door(
            origin.port, sabotage=ask + sabotage, head_ms=300, first_flight_ms=300, half_open_ms=600, idle_ms=1500,
            dns_max_queries=10_000_000, **more,
        )  # fmt: skip
        where = f"allowed.example:{origin.port}"
        oracle = fuzzing["fuzz_oracle"].Oracle(where, str(certificate))
        play = fuzzing["fuzz_play"].Play(seed, Side(door), origin, oracle, where)
        if inside:
            play.contexts = {name: trusting(name) for name in ("http/1.1", "h2")}
        return play

    return start


def trusting(protocol: str) -> ssl.SSLContext:
    """Return what a program in the cell has, that speaks ``protocol``."""
    made = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)
    made.set_alpn_protocols([protocol])
    return made


@pytest.mark.timeout(SECONDS + 120)
def test_nothing_that_was_not_judged_goes_by(start_play: Any, fuzzing: Fuzzing, seed: str) -> None:
    kinds = fuzzing["fuzz_play"]
    plays = [(start_play(seed), kinds.PROTOCOLS), (start_play(seed, inside=True), kinds.INSIDE)]
    case = os.environ.get("VIGILES_FUZZ_CASE")
    warm: list[int] = []

    async def run() -> None:
        if case is not None:
            protocol, number = case.split()
            await next(play for play, protocols in reversed(plays) if protocol in protocols).alone(protocol, int(number))
            return
        running = [asyncio.ensure_future(play.run(SECONDS, protocols)) for play, protocols in plays]
        await asyncio.sleep(min(5, SECONDS / 3))
        warm.extend(play.door.resident() for play, _ in plays)
        await asyncio.gather(*running)

    asyncio.run(run())
    for at, (play, protocols) in enumerate(plays):
        grown = play.door.resident() - warm[at] if warm else 0
        done = play.door.order(Shutdown)
        for message in play.door.taken():
            play.oracle.told(message)
        told = play.oracle
        print(f"cases {dict(play.cases)}, flows {told.flows}, requests {told.requests}, grown {grown / 1e6:.1f} MB")
        print(*told.wrongs[:20], sep="\n")
        assert told.wrongs == []
        assert done.flows == 0
        if case is None:
            assert grown < GROWTH
            assert min(play.cases[name] for name in protocols) > min(SECONDS, 10)
            assert told.requests > 3
    if case is None:
        play, _ = plays[0]
        assert play.honest.endswith(b"\r\n\r\nhonest")
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
        "from vigiles.cell.door.entrances import tunnel\n"
        "tunnel.promised = lambda egress, flight, hosts: next(iter(hosts))\n",
        ("OpenSSL reads the name",),
    ),
}


@pytest.mark.parametrize("protocol", FAULTS)
def test_a_door_that_lets_things_by_is_found_out(start_play: Any, protocol: str) -> None:
    fault, shown = FAULTS[protocol]
    play = start_play("found out", fault)
    play.enough = 1
    asyncio.run(play.run(8, (protocol,)))
    assert any(text in wrong for wrong in play.oracle.wrongs for text in shown), play.oracle.wrongs
