"""The figures as one self-contained HTML page: no script, nothing loaded, printable."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.evaluation.report import wording, worst
from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.plot import plot, plotted
from vigiles.evaluation.search.worst import WorstCase
from vigiles.evaluation.statistics.rate import spoken
from vigiles.incidents.page.style import CSS
from vigiles.incidents.page.tables import section, table
from vigiles.render.html import Child, Html, document, element
from vigiles.render.text import safe

STYLE = CSS + (
    "svg .mark{stroke:var(--ink);stroke-width:2;fill:none}"
    "svg .worst{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:4 3;fill:none}"
    "svg .life{fill:none}.plot{max-width:44rem}\n"
)
#: Rows of a table that a page shows.
MOST = 400


def page(figures: Figures) -> str:
    """Return the whole page."""
    title = f"Evaluation {safe(figures.plan, wording.NAME)}"
    makers = (_sets, _searched, _attackers, _conditions, _comparisons, _replays, _agreements, _bars)
    parts = [part for make in makers for part in make(figures)]
    header = element("header", element("h1", title), *(element("p", line) for line in wording.header(figures)))
    footer = element("footer", element("p", f"Made by {safe(figures.made_by, 80)}. Digest of the plan: {figures.digest}."))
    return document(title, STYLE, [header, element("main", *parts), footer])


def _sets(figures: Figures) -> list[Html]:
    if not any(setup.harm.trials or setup.tasks.trials or setup.unjudged for setup in figures.setups):
        return []
    body: list[Child] = [_note(line) for line in (wording.nature(figures), wording.UNJUDGED, wording.intervals(figures))]
    body += [*_reviewers(figures), *map(_note, (*wording.trust(figures), *wording.failures(figures)))]
    if plotted(figures.setups):
        caption = (
            "Each cross is a set of safeguards, with its intervals; the dashed line leads to its "
            "worst attacker and condition. The numbers are those of the table."
        )
        body.append(element("figure", plot(figures.setups), element("figcaption", caption), class_="plot"))
    number = {setup.setup: str(place) for place, setup in enumerate(plotted(figures.setups), 1)}
    rows: list[list[Child]] = [
        [
            number.get(setup.setup, "-"),
            safe(setup.setup, wording.NAME),
            wording.safety(setup),
            spoken(setup.harm, cluster=True),
            spoken(setup.deny),
            spoken(setup.approval),
            str(setup.tried),
            spoken(setup.tasks, cluster=True),
            wording.approvals(setup.work),
            wording.latency(setup.work if setup.work.acts else setup.attack),
            wording.deferred(setup),
            str(setup.unjudged),
        ]
        for setup in figures.setups
    ]
    heads = ("", "set", "safety, worst case", "harm done", "denied class", "approval class", "only tried", "work finished")
    body.append(
        table("Sets of safeguards", (*heads, "asks per 100 acts", "gate, median / 95 %", "deferred", "unjudged"), rows)
    )
    cases: list[list[Child]] = [[safe(each.setup, wording.NAME), wording.worst(each.worst)] for each in figures.setups]
    body.append(table("The worst case of each", ("set", "attacker and condition"), cases))
    faults: list[list[Child]] = [
        [safe(setup.setup, wording.NAME), safe(fault, 300), str(times)]
        for setup in figures.setups
        for fault, times in setup.faults.items()
    ]
    if faults:
        body.append(table("Why episodes could not be judged", ("set", "what happened", "times"), faults[:MOST]))
    return [section("sets", "Sets of safeguards", *body)]


def _searched(figures: Figures) -> list[Html]:
    return searched(figures.searched) if figures.searched else []


def searched(cases: Sequence[WorstCase]) -> list[Html]:
    """Return the section of what a search found."""
    rows: list[list[Child]] = [list(row) for row in worst.rows(cases)[:MOST]]
    notes = [_note(line) for line in worst.notes(cases)]
    who = element("ul", *(element("li", line) for line in worst.winners(cases)[:MOST]))
    return [section("search", worst.TITLE, *notes, table("Candidates and fresh seeds", worst.HEADS, rows), who)]


def search_page(cases: Sequence[WorstCase], made_by: str) -> str:
    """Return the page of a search that has no grid beside it."""
    footer = element("footer", element("p", f"Made by {safe(made_by, 80)}."))
    header = element("header", element("h1", "Red-team search"))
    return document("Red-team search", STYLE, [header, element("main", *searched(cases)), footer])


def _attackers(figures: Figures) -> list[Html]:
    rows: list[list[Child]] = [
        [
            safe(row.setup, wording.NAME),
            safe(row.agent, wording.NAME),
            spoken(row.harm, cluster=True),
            str(row.deny),
            str(row.approval),
            str(row.tried),
            wording.worst(row.worst),
            wording.approvals(row.load),
            str(row.unjudged),
        ]
        for row in figures.attackers[:MOST]
    ]
    heads = ("set", "attacker", "harm done", "deny", "approval", "only tried", "worst condition", "asks per 100", "unjudged")
    return _section("attackers", "Attackers", "Episodes with harm, by attacker", heads, rows, _reviewers(figures))


def _conditions(figures: Figures) -> list[Html]:
    if not wording.conditions_fit(figures):
        return []
    rows: list[list[Child]] = [list(row) for row in wording.conditions(figures)]
    heads = wording.CONDITION_HEADS
    return _section("conditions", "Harm by condition", "By agent and set", heads, rows, _reviewers(figures))


def _comparisons(figures: Figures) -> list[Html]:
    rows: list[list[Child]] = [
        [
            wording.off(row),
            wording.points(row.difference.low, row.difference.high),
            f"{row.p_holm:.2g}",
            f"{row.only_other} : {row.only_base} of {row.pairs}",
            element("ul", *(element("li", line) for line in wording.leaking(row.leaks, 40))),
        ]
        for row in figures.comparisons
    ]
    heads = ("set", "harm, points of difference", "p (McNemar, Holm)", "pairs that differ", "what gets through")
    return _section("ablation", "With one safeguard off", "Same seeds, against all", heads, rows, _reviewers(figures))


def _replays(figures: Figures) -> list[Html]:
    rows: list[list[Child]] = [
        [
            safe(row.replay, wording.NAME),
            safe(row.condition, wording.NAME),
            safe(row.setup, wording.NAME),
            str(row.planted),
            spoken(row.counted),
            str(row.unequal),
            str(row.unjudged),
        ]
        for row in figures.replays[:MOST]
    ]
    heads = ("replay", "condition", "set", "planted", "counted by the oracle", "unequal", "unjudged")
    notes = [_note(wording.REPLAYS), *_reviewers(figures)]
    return _section("replays", "Replays", "Planted and counted", heads, rows, notes)


def _agreements(figures: Figures) -> list[Html]:
    rows: list[list[Child]] = [list(row) for row in wording.agreements(figures)[:MOST]]
    notes = [_note(wording.AGREEMENT)]
    return _section("agreement", "Other judges", "Beside the oracle", wording.AGREEMENT_HEADS, rows, notes)


def _bars(figures: Figures) -> list[Html]:
    rows: list[list[Child]] = [
        [safe(bar.setup, wording.NAME), safe(bar.name, 120), bar.wanted, bar.got, "pass" if bar.met else "FAIL"]
        for bar in figures.bars[:MOST]
    ]
    heads = ("set", "bar", "wanted", "reached", "")
    return _section("promised", "Promised", "Bars", heads, rows, _reviewers(figures))


def _section(
    place: str, title: str, caption: str, heads: tuple[str, ...], rows: list[list[Child]], notes: list[Html]
) -> list[Html]:
    return [section(place, title, *notes, table(caption, heads, rows))] if rows else []


def _reviewers(figures: Figures) -> list[Html]:
    return [_note(line) for line in wording.reviewers(figures)]


def _note(line: str) -> Html:
    return element("p", line, class_="soft")
