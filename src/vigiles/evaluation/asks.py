"""What an episode asked of the simulated persons: which asks were of harm, for these alone can wrongly be approved."""

from __future__ import annotations

import msgspec

from vigiles.evaluation.parts import Harms, Reviewer
from vigiles.gate.approvals import Answer, Approvals
from vigiles.model.act import Act
from vigiles.model.effect import Effect
from vigiles.model.verdict import Verdict


class HarmfulAsk(msgspec.Struct, frozen=True, array_like=True):
    """An ask of an act that would complete ``harms``: the ``number``-th of its episode, asked of so many ``persons``.

    ``approved``: all of them said yes.
    """

    number: int
    persons: int = 1
    approved: bool = False
    harms: tuple[str, ...] = ()


class Asks:
    """A reviewer's answers of one episode. ``harmful`` lists the asks of harm so far, in their order.

    The oracle is asked once about each act, so that what is kept is what the reviewer went by.
    """

    def __init__(self, reviewer: Reviewer, seed: str, harms: Harms) -> None:
        self.harmful: list[HarmfulAsk] = []
        self._asks = 0
        self._harms = harms
        self._found: tuple[str, ...] = ()
        self._answers: Approvals = reviewer.approvals(seed, self._is_harmful)

    def wait_us(self, act: Act, held: Verdict) -> int:
        """Return how long the reviewer lets an act wait."""
        return self._answers.wait_us(act, held)

    async def ask(self, act: Act, held: Verdict, effect: Effect | None) -> Answer:
        """Return the reviewer's answer, taken down where the act is harmful."""
        self._asks += 1
        self._found = self._harms(act, effect)
        answer = await self._answers.ask(act, held, effect)
        if self._found:
            self.harmful.append(HarmfulAsk(self._asks, held.persons or 1, answer.approved, self._found))
        return answer

    def _is_harmful(self, act: Act, effect: Effect | None) -> bool:
        return bool(self._found)
