"""A player of talks: reads and load go in, a detector's findings come out."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from vigiles.detectors.disguise.disguise import Disguise
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.flow import Chunk, Flow
from vigiles.model.stamp import Stamp

Read = tuple[float, str, int]
SET_UP: list[Read] = [
    (0.0, "o", 517),
    (0.02, "i", 1500),
    (0.03, "o", 80),
    (0.04, "i", 500),
    (0.06, "o", 150),
    (0.08, "i", 400),
]
_AT = Attribution(grade="exact", call=1)
_WHERE = Coordinates(run="run-1", episode="ep-1", call=1)


class Player:
    """Plays one call. ``cpu``: CPU seconds between two times; looks come four times a second, flow records twice."""

    def __init__(self) -> None:
        self.count = 0

    def head(self, at: float) -> dict[str, Any]:
        self.count += 1
        us = 1_000_000 + int(at * 1e6)
        stamp = Stamp(wall_us=1_700_000_000_000_000 + us, mono_us=us, boot="boot")
        return {"id": f"obs-{self.count}", "at": stamp, "coordinates": _WHERE, "attribution": _AT}

    def flow(self, at: float, chunks: list[Chunk], later: list[Chunk], **more: Any) -> Flow:
        fields = {"host": "m.example", "port": 443, "protocol": "tls", "phase": "update", "via": "connect", **more}
        size = int(at * 1e6)
        return Flow(**self.head(at), sensor="door", flow="flow-1", duration_us=size, chunks=chunks, later=later, **fields)

    def compute(self, at: float, cpu_us: int, **more: Any) -> Compute:
        fields = {"interval_us": 250_000, "total_us": 0, "processes": 1, "ended": False, "busiest_pid": 7, **more}
        return Compute(**self.head(at), sensor="scanner", cpu_us=cpu_us, **fields)

    def play(
        self, reads: Sequence[Read], cpu: Callable[[float, float], float], seconds: float = 90.0, **more: Any
    ) -> list[Finding]:
        detector, found = Disguise(), []
        waiting = sorted([*SET_UP, *reads])
        chunks: list[Chunk] = []
        at, owed = 0.0, 0.0
        while at < seconds:
            at += 0.25
            fresh = []
            while waiting and waiting[0][0] <= at:
                when, side, size = waiting.pop(0)
                fresh.append(Chunk(at_us=int(when * 1e6), direction="o" if side == "o" else "i", size=size))
            if fresh:
                room = max(0, 256 - len(chunks))
                chunks += fresh[:room]
                found += detector.feed(self.flow(at, list(chunks), fresh[room:]))
            owed += cpu(at - 0.25, at)
            ticks, owed = int(owed * 100), owed - int(owed * 100) / 100
            if ticks:
                found += detector.feed(self.compute(at, ticks * 10_000, **more))
        return found


def gaps(draw: random.Random, mean: float, seconds: float, begin: float = 1.0) -> list[float]:
    """Return times of chance."""
    times, at = [], begin + draw.expovariate(1 / mean)
    while at < seconds:
        times.append(at)
        at += 0.2 + draw.expovariate(1 / mean)
    return times


@pytest.fixture
def player() -> Player:
    return Player()


@pytest.fixture
def chance() -> Callable[..., list[float]]:
    return gaps
