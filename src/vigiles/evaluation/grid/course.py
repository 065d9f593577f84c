"""Which episode comes next, and when it is enough. Pure: it is told what was played, and reads no clock.

Seeds come before cells: the first seed of every cell, then the second, so that a grid that is stopped has seen everything a
little. Where cells may end early, a cell's seeds are given out in *looks*; what decides is always a whole look, so the
answer does not depend on which of several episodes ended first.

Under a cap on costs an episode begins only where it would fit if it were as dear as the dearest of its **kind** so far (the
same model under the same set), those under way counted likewise. The first of a kind is played alone.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable

from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Cell, Job, Plan, cells
from vigiles.evaluation.statistics.sequential import Settled, settled

#: Episodes of one cell between two looks.
LOOK = 10
#: Episodes that cost about the same: the model's name, empty for a script, and the set. None: they cost nothing.
_Kind = tuple[str, str] | None


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
        #: The cap in force, None where there is none or nothing costs anything.
        self.cap_micro: int | None = cost_cap_micro if cost_cap_micro is not None else plan.cost_cap_micro
        self._kinds = [_kind(cell) for cell in self._cells]
        if not any(self._kinds):
            self.cap_micro = None
        self._dearest: dict[_Kind, int] = {}
        self._flying: Counter[_Kind] = Counter()
        self._cut = False
        self.spent_micro = 0
        self.ended = 0
        #: Of each kind (place of the seed in its cell, cell): the order in which jobs are given out.
        self._ready: dict[_Kind, list[tuple[int, int]]] = {kind: [] for kind in self._kinds}
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
    def flying(self) -> int:
        """How many episodes are under way."""
        return self._flying.total()

    @property
    def capped(self) -> bool:
        """Whether there are episodes to play and the cap leaves room for none of them, beside those under way."""
        return any(self._ready.values()) and not self._open()

    @property
    def settled(self) -> dict[int, Settled]:
        """The cells that ended early, and why."""
        return {number: state.settled for number, state in enumerate(self._states) if state.settled is not None}

    def next(self) -> Job | None:
        """Return the next job; None where there is none now. While any is under way, more may come when it is over."""
        ready = min(self._open(), key=lambda ready: ready[0], default=None)
        if ready is None:
            return None
        place, number = heapq.heappop(ready)
        cell, state = self._cells[number], self._states[number]
        state.given = place + 1
        self._offer(cell)
        self._flying[self._kinds[number]] += 1
        return Job(number, cell.first + place)

    def took(self, line: Line) -> None:
        """Take note of an episode that is over."""
        cell = self._cells[line.cell]
        self._flying[self._kinds[line.cell]] -= 1
        self._cut = self._cut or line.played.cut
        self._count(line)
        if self._looked(cell):
            self._offer(cell)

    def _count(self, line: Line) -> None:
        """Count a line. One that was cut off has cost something, and is to be played again when there is more to spend."""
        kind, cost = self._kinds[line.cell], line.played.cost_micro
        self.spent_micro += cost
        if cost or line.played.fault is None:
            self._dearest[kind] = max(cost, self._dearest.get(kind, 0))
        if not line.played.cut:
            place = line.seed - self._cells[line.cell].first
            self._states[line.cell].places[place] = line.played.outcome.harmful if line.judged else None
            self.ended += 1

    def _open(self) -> list[list[tuple[int, int]]]:
        """Return the queues of the kinds of which one more may begin. Kinds whose cost nobody knows come first, alone: where
        they had to wait for a moment in which nothing is under way, none might come.
        """
        waiting = {kind: ready for kind, ready in self._ready.items() if ready}
        if self.cap_micro is None:
            return list(waiting.values())
        flying = {kind: times for kind, times in self._flying.items() if times and kind is not None}
        unknown = [kind for kind in waiting if kind is not None and kind not in self._dearest]
        left = self.cap_micro - self.spent_micro - sum(self._dearest.get(kind, 0) * flying[kind] for kind in flying)
        open_kinds: list[_Kind] = [None]
        if self.spent_micro >= self.cap_micro or self._cut or any(kind not in self._dearest for kind in flying):
            pass
        elif unknown:
            open_kinds += [] if flying else unknown
        else:
            open_kinds += [kind for kind in waiting if kind is not None and self._dearest[kind] <= left]
        return [waiting[kind] for kind in open_kinds if kind in waiting]

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
            heapq.heappush(self._ready[self._kinds[cell.number]], (state.given, cell.number))


def _kind(cell: Cell) -> _Kind:
    setup = cell.setup
    if not cell.agent.model and setup.judge is None and setup.grader is None and setup.trusted is None:
        return None
    return cell.agent.name if cell.agent.model else "", cell.setup.name
