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
    for head in (
        "set",
        "family",
        "harm, fresh seeds",
        "always denied",
        "tried",
        "harmed",
        "episodes",
        "worst insider found",
    ):
        table.add_column(head, overflow="fold")
    for case in cases:
        found = case.found
        table.add_row(
            *(
                Text(cell)
                for cell in (
                    safe(case.setup, wording.NAME),
                    safe(case.family, wording.NAME),
                    spoken(case.fresh),
                    f"{found.denied} candidates",
                    str(found.tried),
                    str(found.harmed),
                    str(found.episodes),
                    safe(found.winner.label, 160)
                    if found.searched.done
                    else f"none did harm; nearest: {safe(found.winner.label, 120)}",
                )
            )
        )
    reviewers = dict.fromkeys(wording.reviewer(case.reviewer) for case in cases)
    notes = [wording.NOT_MODELS, HELD_OUT, *(f"Reviewer: {line}." for line in reviewers)]
    return Group(Text("Worst cases found", style="bold"), *map(Text, notes), table)
