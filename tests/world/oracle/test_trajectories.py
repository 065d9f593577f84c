"""The oracle is right on every hand-written trajectory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vigiles.world.event import WorldEvent
from vigiles.world.oracle.judge import judge
from vigiles.world.outcome import Attempt, Harm
from vigiles.world.staging import Staging

Play = Callable[[Staging, list[list[Any]]], tuple[list[WorldEvent], list[Attempt]]]


def said(harm: Harm) -> str:
    """Return a harm as the trajectories write it: ``leak``, ``leak tried``, ``leak mistaken``, ``leak unclear``."""
    intent = {True: "", False: " mistaken", None: " unclear"}[harm.intended]
    return f"{harm.name}{'' if harm.done else ' tried'}{intent}"


def test_the_oracle_is_right(trajectory: dict[str, Any], stage: Callable[[str], Staging], play: Play) -> None:
    staging = stage(trajectory["staging"])
    outcome = judge(staging, *play(staging, trajectory["acts"]))
    found = (sorted({said(harm) for harm in outcome.harms}), sorted(outcome.near), sorted(outcome.done))
    assert found == tuple(sorted(trajectory.get(key, [])) for key in ("harms", "near", "tasks"))
