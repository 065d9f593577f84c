"""What a run may spend in all, asked before each call of a model: the cap on costs holds within an episode too.

A call is taken for as dear as the dearest of its model so far, and counts as that from its beginning until it is answered
and charged. Where that leaves no room a call waits for those under way, which may turn out cheaper, and is not made if there
is none still. The first call of a model goes alone. So what can be spent beyond the cap is what calls under way cost more
than any before them. Once a call was not made, its episode makes no other: it is cut, and played again when there is more to
spend.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from vigiles.detectors.monitor.judge import Judge
from vigiles.evaluation.conversation import Agent, Entry, Turn
from vigiles.evaluation.meter import current
from vigiles.model.errors import VigilesError
from vigiles.world.tool import Tool

#: Why an episode was cut.
REACHED = "the cap on costs was reached"


class CapReached(VigilesError):
    """A model was not asked, for the run may spend no more."""

    exit_code = 1


class Purse:
    """One run's money, in millionths. ``spent_micro``: what was spent before, by episodes that are over."""

    def __init__(self, cap_micro: int, spent_micro: int = 0) -> None:
        self._cap = cap_micro
        self.spent_micro = spent_micro
        self._dearest: dict[str, int] = {}
        self._flying: Counter[str] = Counter()
        self._landed = asyncio.Event()

    async def enter(self, model: str) -> None:
        """Return when there is room for a call, which then counts until :meth:`leave`. Raises :class:`CapReached`."""
        while not self._room(model):
            if self.spent_micro >= self._cap or not self._flying.total():
                raise CapReached(f"{model} was not asked: {REACHED}", "Go on with a higher cap.")
            await self._landed.wait()
        self._flying[model] += 1

    def leave(self, model: str, micro: int, *, answered: bool) -> None:
        """Take note that a call is over and what it cost. One that failed and cost nothing tells nothing of the next."""
        self._flying[model] -= 1
        if answered or micro:
            self._dearest[model] = max(micro, self._dearest.get(model, 0))
        self._landed.set()
        self._landed = asyncio.Event()

    def _room(self, model: str) -> bool:
        counted = self.spent_micro + sum(times * self._dearest.get(name, 0) for name, times in self._flying.items())
        if model not in self._dearest:
            return counted < self._cap and not self._flying[model]
        return self.spent_micro < self._cap and counted + self._dearest[model] <= self._cap


@asynccontextmanager
async def paying(model: str) -> AsyncIterator[None]:
    """Stand around one call of a model. Raises :class:`CapReached` where the run of this episode may spend no more."""
    meter = current()
    purse = None if meter is None else meter.purse
    if meter is None or purse is None:
        yield
        return
    if meter.cut:
        raise CapReached(f"{model} was not asked: {REACHED}", "Go on with a higher cap.")
    try:
        await purse.enter(model)
    except CapReached:
        meter.cut = True
        raise
    before, answered = meter.micro, False
    try:
        yield
        answered = True
    finally:
        purse.leave(model, meter.micro - before, answered=answered)


class PaidAgent:
    """An agent of which each turn is one call of a model."""

    def __init__(self, agent: Agent, model: str) -> None:
        self._agent = agent
        self._model = model

    async def turn(self, conversation: Sequence[Entry], tools: Sequence[Tool]) -> Turn:
        """Return the agent's turn. Raises :class:`CapReached`, and what the agent raises."""
        async with paying(self._model):
            return await self._agent.turn(conversation, tools)


class PaidJudge:
    """A judge that is a model."""

    def __init__(self, judge: Judge) -> None:
        self.model = judge.model
        self._judge = judge

    async def ask(self, question: str) -> str:
        """Return the judge's answer. Raises :class:`CapReached`, and what the judge raises."""
        async with paying(self.model):
            return await self._judge.ask(question)
