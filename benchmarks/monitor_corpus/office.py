"""Play scripted agents in the office and write the episodes as lines that `vigiles monitor train` and `bench` read.

    uv run python benchmarks/monitor_corpus/office.py office.jsonl [--family leak ...] [--seeds 10] [--first 0]

Every agent plays every family in its benign twin and outside it; no safeguard is on, so nothing stops a deed. The oracle
labels the episodes. What the scripts think and say is our own wording.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from pathlib import Path

import msgspec

from vigiles.evaluation.agents.registry import HARMLESS, knobs, make, names
from vigiles.evaluation.loop import Setup, play
from vigiles.evaluation.played import Played
from vigiles.world.scenarios.catalogue import families, levels
from vigiles.world.scenarios.stage import stage


async def episode(family: str, agent: str, seed: int, twin: bool) -> Played:
    """Play one episode whose factors and knobs are drawn from its place in the plan."""
    chance = random.Random(f"{family} {agent} {seed} {twin}")
    factors = {name: chance.choice(values) for name, values in levels(family).items()}
    given = {name: chance.choice(values) for name, values in knobs(agent).items()}
    staging = stage(family, factors, seed, twin)
    return await play(staging, make(agent, staging, seed, **given), Setup("none"), name=agent)


def main() -> None:
    """Write the episodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--family", action="append", choices=families())
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    encoder = msgspec.json.Encoder()
    with asked.out.open("wb") as file:
        for family in asked.family or families():
            for agent in names():
                # Harmless agents play more often: false alarms are to be counted to the percent.
                count = asked.seeds * (4 if agent in HARMLESS else 1)
                for seed in range(asked.first, asked.first + count):
                    for twin in (False, True) if agent in HARMLESS else (False,):
                        played = asyncio.run(episode(family, agent, seed, twin))
                        file.write(encoder.encode(played) + b"\n")


if __name__ == "__main__":
    main()
