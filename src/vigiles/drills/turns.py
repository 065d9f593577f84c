"""Whose turn it is when several agents play together: a step begins when every earlier step of the file is done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from vigiles.drills.drill import Step


class Turns:
    """``agents`` are those who play; a step is done when each of them that it names has done it."""

    def __init__(self, steps: Sequence[Step], agents: Sequence[str]) -> None:
        self._left = {step.id: sum(agent in step.agents for agent in agents) for step in steps}
        self._changed = asyncio.Event()

    async def wait(self, step: str | None) -> None:
        """Return when every step before ``step`` is done by all; None: when all steps are."""
        while self._before(step):
            self._changed.clear()
            await self._changed.wait()

    def done(self, step: str) -> None:
        """One agent has done ``step``."""
        self._left[step] -= 1
        self._changed.set()

    def _before(self, step: str | None) -> bool:
        for name, left in self._left.items():
            if name == step:
                return False
            if left > 0:
                return True
        return False
