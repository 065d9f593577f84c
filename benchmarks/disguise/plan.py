"""Which runs are played: drawn from a seed, as data."""

from __future__ import annotations

import math
import random
from typing import Literal

import msgspec

Talk = Literal["pool", "push", "pull", "poll", "mqtt", "ticks"]
#: What the call computes: nothing, what its jobs ask for, a test suite again and again, a build, a training loop.
Compute = Literal["none", "tests", "build", "train"]
_HONEST: tuple[Talk, ...] = ("push", "poll", "mqtt", "ticks", "pull", "poll", "mqtt", "ticks")
_BESIDE: tuple[Compute, ...] = ("none", "tests", "build", "train")


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Times in seconds.

    ``rare``: a miner with few messages, counted apart. ``every``: between the client's own messages (shares, pings), on
    average; ``work``: between pushes, on average; ``pad``: messages are filled up to so many bytes, 0 not, -1 by a random
    amount.
    """

    name: str
    mining: bool
    talk: Talk
    rare: bool = False
    every: float
    work: float
    seed: int
    threads: int = 1
    throttle: bool = False
    nice: int = 0
    pad: int = 0
    keepalive: bool = False
    daemon: bool = False
    compute: Compute = "none"


def runs(seed: int, mining: int, honest: int, rare: int = 0) -> list[Run]:
    """Return the plan of ``seed``; every third run is mining while there are any."""
    draw = random.Random(seed)
    miners = [_miner(draw, number) for number in range(mining)]
    miners += [_miner(draw, number, rare=True) for number in range(rare)]
    others = [_other(draw, number) for number in range(honest)]
    mixed: list[Run] = []
    while miners or others:
        mixed += [miners.pop(0)] if miners else []
        mixed += [others.pop(0) for _ in range(min(2 if miners or mining else 1, len(others)))]
    return mixed


def _miner(draw: random.Random, number: int, rare: bool = False) -> Run:
    return Run(
        name=f"{'rare' if rare else 'mining'}-{number + 1}",
        mining=True,
        talk="pool",
        rare=rare,
        every=_between(draw, 15.0, 30.0) if rare else _between(draw, 2.0, 15.0),
        work=_between(draw, 10.0, 60.0),
        seed=draw.randrange(1 << 30),
        threads=1 + number % 2,
        throttle=number % 4 in (1, 2),
        nice=draw.choice((0, 0, 2)),
        pad=(0, 0, 512, 0)[number % 4],
        keepalive=number % 3 == 1,
        daemon=number % 5 == 3,
    )


def _other(draw: random.Random, number: int) -> Run:
    talk = _HONEST[number % len(_HONEST)]
    return Run(
        name=f"honest-{number + 1}",
        mining=False,
        talk=talk,
        every=draw.choice((10.0, 15.0, 20.0, 30.0)) if talk in ("mqtt", "ticks") else _between(draw, 0.5, 6.0),
        work=_between(draw, 0.3, 3.0) if talk == "ticks" else _between(draw, 2.0, 15.0),
        seed=draw.randrange(1 << 30),
        compute=_BESIDE[(number // len(_HONEST) + number) % len(_BESIDE)],
    )


def _between(draw: random.Random, low: float, high: float) -> float:
    """Draw so that each factor is as likely."""
    return round(math.exp(draw.uniform(math.log(low), math.log(high))), 1)
