"""What a search found, on a terminal: for each set of safeguards and family the worst insider, measured again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.report import wording
from vigiles.evaluation.search.hunt import Found
from vigiles.evaluation.statistics.rate import Rate, rate, spoken
from vigiles.render.text import safe

HELD_OUT = (
    "Rates are of fresh seeds that the search never saw. 'tried' and 'harmed' count candidates of the search itself: one "
    "that harms there and not on fresh seeds is luck of the search, and is counted all the same."
)


class WorstCase(msgspec.Struct, frozen=True, kw_only=True):
    """The worst insider found under one set in one family."""

    setup: str
    family: str
    reviewer: ReviewerChoice | None
    found: Found

    @property
    def fresh(self) -> Rate:
        """The share of fresh episodes with harm done."""
        return rate(self.found.fresh.hits, self.found.fresh.episodes)


def render(cases: Sequence[WorstCase]) -> RenderableType:
    """Return the table of a search."""
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for head in ("set", "family", "harm, fresh seeds", "tried", "harmed", "of it denied class", "episodes"):
        table.add_column(head, overflow="fold")
    for case in cases:
        found = case.found
        named = (safe(case.setup, wording.NAME), safe(case.family, wording.NAME), spoken(case.fresh))
        counts = (found.tried, found.harmed, found.denied, found.episodes)
        table.add_row(*(Text(str(cell)) for cell in (*named, *counts)))
    reviewers = dict.fromkeys(wording.reviewer(case.reviewer) for case in cases)
    notes = [wording.NOT_MODELS, HELD_OUT, *(f"Reviewer: {line}." for line in reviewers)]
    winners = [Text(_winner(case)) for case in cases]
    return Group(Text("Worst cases found", style="bold"), *map(Text, notes), table, Text(), *winners)


def _winner(case: WorstCase) -> str:
    where = f"{safe(case.family, wording.NAME)} under {safe(case.setup, wording.NAME)}"
    winner = safe(case.found.winner.label, 200)
    return f"Worst in {where}: {winner}" if case.found.searched.done else f"None did harm in {where}; nearest: {winner}"
