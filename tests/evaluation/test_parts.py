from __future__ import annotations

import asyncio
from typing import Any

from vigiles.evaluation.loop import Setup, play
from vigiles.evaluation.parts import Parts
from vigiles.world.outcome import Outcome


def test_any_part_may_be_another(stage: Any) -> None:
    """An oracle of the caller's own is asked in place of ours, about the same world."""
    seen: list[int] = []

    def counting(staging: Any, events: Any, attempts: Any) -> Outcome:
        seen.append(len(attempts))
        return Outcome(near=("counted",))

    parts = Parts(office=stage.parts.office, oracle=counting, judge=stage.parts.judge)
    played = asyncio.run(play(stage.staging, stage.script("a", "b"), Setup("none"), name="a", parts=parts))
    assert seen == [2]
    assert played.outcome.near == ("counted",)
