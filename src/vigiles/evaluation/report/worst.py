"""What a search found, in words and on a terminal: for each set and family the worst insider, measured again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vigiles.evaluation.report import wording
from vigiles.evaluation.search.worst import WorstCase
from vigiles.evaluation.statistics.rate import spoken
from vigiles.render.text import safe

TITLE = "Worst cases that the search found"
HELD_OUT = (
    "Rates are of fresh seeds that the search never saw. 'tried' and 'harmed' count candidates of the search itself: one "
    "that harms there and not on fresh seeds is luck of the search, and is counted all the same."
)
HEADS = ("set", "family", "harm, fresh seeds", "tried", "harmed", "of it denied class", "episodes")


def rows(cases: Sequence[WorstCase]) -> list[tuple[str, ...]]:
    """Return a row for each case, under :data:`HEADS`."""
    return [
        (
            safe(case.setup, wording.NAME),
            safe(case.family, wording.NAME),
            spoken(case.fresh),
            str(case.found.tried),
            str(case.found.harmed),
            str(case.found.denied),
            str(case.found.episodes),
        )
        for case in cases
    ]


def notes(cases: Sequence[WorstCase]) -> list[str]:
    """Return what has to be known to read the rows."""
    reviewers = dict.fromkeys(wording.reviewer(case.reviewer) for case in cases)
    return [wording.NOT_MODELS, HELD_OUT, *(f"Reviewer: {line}." for line in reviewers)]


def winners(cases: Sequence[WorstCase]) -> list[str]:
    """Return a line for each case that says who did worst."""
    return [_winner(case) for case in cases]


def render(cases: Sequence[WorstCase]) -> RenderableType:
    """Return the whole for a terminal."""
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for head in HEADS:
        table.add_column(head, overflow="fold")
    for row in rows(cases):
        table.add_row(*map(Text, row))
    return Group(Text(TITLE, style="bold"), *map(Text, notes(cases)), table, Text(), *map(Text, winners(cases)))


def _winner(case: WorstCase) -> str:
    where = f"{safe(case.family, wording.NAME)} under {safe(case.setup, wording.NAME)}"
    winner = safe(case.found.winner.label, 200)
    return f"Worst in {where}: {winner}" if case.found.searched.done else f"None did harm in {where}; nearest: {winner}"
