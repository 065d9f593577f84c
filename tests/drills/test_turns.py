from __future__ import annotations

import asyncio

from vigiles.drills.drill import Step
from vigiles.drills.turns import Turns

STEPS = [
    Step(id=name, kind="honest", title=name, argv=["x"], agents=agents)
    for name, agents in (("both", ["a", "b"]), ("post", ["a"]), ("read", ["b"]), ("strangers", ["z"]))
]


def test_a_step_begins_when_all_before_it_are_done() -> None:
    done: list[str] = []

    async def agent(turns: Turns, name: str, slow: float) -> None:
        for step in STEPS:
            if name in step.agents:
                await turns.wait(step.id)
                await asyncio.sleep(slow)
                done.append(f"{name} {step.id}")
                turns.done(step.id)
        await turns.wait(None)
        done.append(f"{name} end")

    async def play() -> None:
        turns = Turns(STEPS, ["a", "b"])
        await asyncio.wait_for(asyncio.gather(agent(turns, "a", 0.02), agent(turns, "b", 0)), 5)

    asyncio.run(play())
    assert done[:4] == ["b both", "a both", "a post", "b read"]
    assert sorted(done[4:]) == ["a end", "b end"]
