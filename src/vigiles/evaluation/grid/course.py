"""Which episode comes next, and when it is enough. Pure: it is told what was played, and reads no clock.

Seeds come before cells: the first seed of every cell, then the second, so that a grid that is stopped has seen everything a
little. Where cells may end early, a cell's seeds are given out in *looks*; what decides is always a whole look, so the
answer does not depend on which of several episodes ended first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Cell, Job, Plan, cells
from vigiles.evaluation.statistics.sequential import Settled, settled

#: Episodes of one cell between two looks.
LOOK = 10


class _State:
    """One cell. ``given``: how many of its seeds were handed out; ``released``: how many may be, before the next look.

    ``places``: of each seed that is over, whether harm was done; None where nobody can say.
    """

    __slots__ = ("given", "places", "released", "settled")

    def __init__(self, released: int) -> None:
        self.given = 0
        self.released = released
        self.places: dict[int, bool | None] = {}
        self.settled: Settled | None = None


class Course:
    """The way through a plan. ``spent_micro`` is what all its episodes cost so far, in millionths of the currency."""

    def __init__(self, plan: Plan, played: Iterable[Line] = (), cost_cap_micro: int | None = None) -> None:
        self._rule = plan.stopping
        self._cells = cells(plan)
        first = None if self._rule is None else max(LOOK, self._rule.least)
        self._states = [_State(cell.seeds if first is None else min(cell.seeds, first)) for cell in self._cells]
        cap = cost_cap_micro if cost_cap_micro is not None else plan.cost_cap_micro
        self._cap = cap if any(_costs(cell) for cell in self._cells) else None
        self._dearest = 0
        self.spent_micro = 0
        self.flying = 0
        self.ended = 0
        #: (place of the seed in its cell, cell): the order in which jobs are given out.
        self._ready: list[tuple[int, int]] = []
        for line in played:
            self._count(line)
        for cell in self._cells:
            while self._looked(cell):
                pass
            self._offer(cell)

    @property
    def total(self) -> int:
        """How many episodes are to be played, as far as it is known: cells that ended early count with what they had."""
        pairs = zip(self._cells, self._states, strict=True)
        return sum(len(state.places) if state.settled else cell.seeds for cell, state in pairs)

    @property
    def capped(self) -> bool:
        """Whether the cap leaves no room for one more episode as dear as the dearest so far, beside those under way.

        While none has cost anything nobody knows what one costs: then there is room for one at a time.
        """
        if self._cap is None:
            return False
        if not self._dearest:
            return self._cap == 0 or self.flying > 0
        return self.spent_micro + self._dearest * (self.flying + 1) > self._cap

    @property
    def settled(self) -> dict[int, Settled]:
        """The cells that ended early, and why."""
        return {number: state.settled for number, state in enumerate(self._states) if state.settled is not None}

    def next(self) -> Job | None:
        """Return the next job; None where there is none now. While any is under way, more may come when it is over."""
        if self.capped or not self._ready:
            return None
        place, number = heapq.heappop(self._ready)
        cell, state = self._cells[number], self._states[number]
        state.given = place + 1
        self._offer(cell)
        self.flying += 1
        return Job(number, cell.first + place)

    def took(self, line: Line) -> None:
        """Take note of an episode that is over."""
        cell = self._cells[line.cell]
        self.flying -= 1
        self._count(line)
        if self._looked(cell):
            self._offer(cell)

    def _count(self, line: Line) -> None:
        place = line.seed - self._cells[line.cell].first
        self._states[line.cell].places[place] = line.played.outcome.harmful if line.judged else None
        self.ended += 1
        self.spent_micro += line.played.cost_micro
        self._dearest = max(self._dearest, line.played.cost_micro)

    def _looked(self, cell: Cell) -> bool:
        """Look at a cell whose look is whole; say whether it was, and more of its seeds may be given out."""
        state = self._states[cell.number]
        if self._rule is None or state.settled or len(state.places) < state.released:
            return False
        if len(state.places) > state.released and not state.places.keys() >= set(range(state.released)):
            return False
        judged = [harmful for place, harmful in state.places.items() if place < state.released and harmful is not None]
        state.settled = settled(sum(judged), len(judged), self._rule, len(self._cells))
        if state.settled or state.released == cell.seeds:
            return False
        state.released = min(cell.seeds, state.released + LOOK)
        return True

    def _offer(self, cell: Cell) -> None:
        """Put a cell's next seed among those that may be given out."""
        state = self._states[cell.number]
        while state.given < state.released and state.given in state.places:
            state.given += 1
        if state.given < state.released and not state.settled:
            heapq.heappush(self._ready, (state.given, cell.number))


def _costs(cell: Cell) -> bool:
    return cell.agent.model or cell.setup.judge is not None or cell.setup.grader is not None
