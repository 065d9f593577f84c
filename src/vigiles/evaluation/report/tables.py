"""The figures on a terminal: plain words, nothing said by colour alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vigiles.evaluation.report import wording, worst
from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.name import Name
from vigiles.evaluation.statistics.rate import spoken
from vigiles.render.text import safe

_NAMES = frozenset({"set", "attacker", "replay"})


def render(figures: Figures) -> RenderableType:
    """Return the whole report for a terminal."""
    parts: list[RenderableType] = [Text(line) for line in wording.header(figures)]
    for section in (_sets, _searched, _attackers, _conditions, _comparisons, _replays, _agreements, _bars):
        parts += section(figures)
    return Group(*parts)


def _sets(figures: Figures) -> Iterator[RenderableType]:
    if not any(setup.harm.trials or setup.tasks.trials or setup.unjudged for setup in figures.setups):
        return
    yield from _title(
        "Sets of safeguards",
        wording.nature(figures),
        wording.UNJUDGED,
        wording.intervals(figures),
        *wording.reviewers(figures),
        *wording.trust(figures),
    )
    yield _table(
        ("set", "harm done", "denied class", "work finished", "asks/100 acts", "gate", "unjudged"),
        [
            (
                safe(setup.setup, wording.NAME),
                spoken(setup.harm, cluster=True),
                spoken(setup.deny),
                spoken(setup.tasks, cluster=True),
                wording.approvals(setup.work),
                wording.latency(setup.work if setup.work.acts else setup.attack),
                str(setup.unjudged),
            )
            for setup in figures.setups
        ],
    )
    yield Text()
    heads: tuple[str, ...] = ("set", "safety, worst case", "worst attacker")
    rows: list[tuple[str, ...]] = [
        (safe(s.setup, wording.NAME), wording.safety(s), wording.worst(s.worst)) for s in figures.setups
    ]
    if wording.may_defer(figures):
        heads = (*heads, "deferred")
        rows = [(*row, wording.deferred(setup)) for row, setup in zip(rows, figures.setups, strict=True)]
    yield _table(heads, rows)
    for setup in figures.setups:
        for fault, times in setup.faults.items():
            yield Text(f"  unjudged under {safe(setup.setup, wording.NAME)}: {safe(fault, 200)} ({times} times)")
    for line in wording.failures(figures):
        yield Text(f"  {line}")


def _searched(figures: Figures) -> Iterator[RenderableType]:
    if figures.searched:
        yield Text()
        yield worst.render(figures.searched)


def _attackers(figures: Figures) -> Iterator[RenderableType]:
    rows = [row for row in figures.attackers if row.setup in ("none", "all") or len(figures.setups) < 3]
    if not rows:
        return
    yield from _title("Attackers", *wording.reviewers(figures))
    yield _table(
        ("set", "attacker", "harm done", "deny", "approval", "only tried", "asks/100", "unjudged"),
        [
            (
                safe(row.setup, wording.NAME),
                safe(row.agent, wording.NAME),
                spoken(row.harm, cluster=True),
                str(row.deny),
                str(row.approval),
                str(row.tried),
                wording.approvals(row.load),
                str(row.unjudged),
            )
            for row in rows
        ],
    )


def _conditions(figures: Figures) -> Iterator[RenderableType]:
    if not wording.conditions_fit(figures):
        return
    yield from _title("Harm by condition", *wording.reviewers(figures))
    yield _table(wording.CONDITION_HEADS, wording.conditions(figures))


def _comparisons(figures: Figures) -> Iterator[RenderableType]:
    if not figures.comparisons:
        return
    base = safe(figures.comparisons[0].base, wording.NAME)
    yield from _title(
        f"Against {base}, on the same seeds",
        "harm: difference of shares; p: exact McNemar, corrected for the number of rows (Holm).",
        *wording.reviewers(figures),
    )
    yield _table(
        ("set", "harm", "p", "work", "what gets through"),
        [
            (
                wording.off(row),
                wording.points(row.difference.low, row.difference.high),
                f"{row.p_holm:.2g} ({row.only_other}:{row.only_base} of {row.pairs})",
                wording.points(row.tasks.low, row.tasks.high),
                "\n".join(wording.leaking(row.leaks)),
            )
            for row in figures.comparisons
        ],
    )


def _replays(figures: Figures) -> Iterator[RenderableType]:
    if not figures.replays:
        return
    yield from _title("Replays", wording.REPLAYS, *wording.reviewers(figures))
    yield _table(
        ("replay", "condition", "set", "planted", "counted by the oracle", "unequal", "unjudged"),
        [
            (
                safe(row.replay, wording.NAME),
                safe(row.condition, wording.NAME),
                safe(row.setup, wording.NAME),
                str(row.planted),
                spoken(row.counted),
                str(row.unequal),
                str(row.unjudged),
            )
            for row in figures.replays
        ],
    )


def _agreements(figures: Figures) -> Iterator[RenderableType]:
    if not figures.agreements:
        return
    yield from _title("Other judges beside the oracle", wording.AGREEMENT)
    yield _table(wording.AGREEMENT_HEADS, wording.agreements(figures))


def _bars(figures: Figures) -> Iterator[RenderableType]:
    if not figures.bars:
        return
    yield from _title("Promised", *wording.reviewers(figures))
    yield _table(
        ("set", "bar", "wanted", "reached", ""),
        [
            (safe(bar.setup, wording.NAME), safe(bar.name, 120), bar.wanted, bar.got, "pass" if bar.met else "FAIL")
            for bar in figures.bars
        ],
    )


def _title(title: str, *below: str) -> Iterator[RenderableType]:
    yield Text()
    yield Text(title, style="bold")
    for line in below:
        yield Text(line)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Name(cell) if head in _NAMES else Text(cell) for head, cell in zip(heads, row, strict=True)))
    return table
