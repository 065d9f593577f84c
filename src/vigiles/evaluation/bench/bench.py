"""All that is said of the monitors on some sets: as shipped, in folds, one behaviour out, across sets, and controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from vigiles.detectors.monitor.logistic import log_odds
from vigiles.detectors.monitor.text import window_log_odds
from vigiles.detectors.monitor.weights import TextWeights, Weights, by_hand, shipped
from vigiles.evaluation.bench.figures import Figures, figures, of_scored, of_turns
from vigiles.evaluation.bench.fit import fit, fit_text, folds
from vigiles.evaluation.bench.further import further
from vigiles.evaluation.bench.rows import Row, rows_of, text_of, turn_scores, windows_of
from vigiles.evaluation.bench.runs import DataSet
from vigiles.evaluation.statistics.ranking import Scored
from vigiles.model.score import Part

PARTS: tuple[Part, ...] = ("reasoning", "action", "both")
_FOLDS = 5
_SHUFFLES = 5
Says = Callable[[str], None]
Teaches = Callable[[Sequence[Row]], Weights]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. ``way``: how weights and runs were kept apart (see the guide). ``part``: None for a control."""

    data: str
    way: str
    part: Part | None
    figures: Figures


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """``sets``: name -> files by format. ``unlabelled``: runs that do not count. ``made_of``: what taught the weights."""

    sets: dict[str, dict[str, int]]
    unlabelled: int
    version: str
    digest: str
    made_of: str
    lines: tuple[Line, ...]


def bench(sets: Sequence[DataSet], weights: Weights | None = None, trained: bool = True, said: Says | None = None) -> Bench:
    """Return all figures. ``trained`` False: only the weights by hand and as they are, which needs no training library.

    Raises :class:`~vigiles.model.errors.InputInvalid` where training needs what is not installed.
    """
    weights = weights or shipped()
    say = said or (lambda text: None)
    rows = {one.name: rows_of(one.runs) for one in sets}
    lines: list[Line] = []
    for name, mine in rows.items():
        say(f"{name}: as shipped")
        for way, used in (("by hand", by_hand()), ("as shipped", weights)):
            lines += [Line(data=name, way=way, part=part, figures=figures(mine, used, part)) for part in PARTS]
        if trained and _both_kinds(mine):
            lines += _trained(name, mine, weights, say)
    if trained and len(rows) > 1:
        lines += _across(rows, say)
    return Bench(
        sets={one.name: one.formats for one in sets},
        unlabelled=sum(len(one.runs) for one in sets) - sum(map(len, rows.values())),
        version=weights.version,
        digest=weights.digest,
        made_of=weights.made_of,
        lines=tuple(lines),
    )


def held_out(
    rows: Sequence[Row], groups: Sequence[object], teach: Teaches, untaught: Weights
) -> dict[Part, list[list[float]]]:
    """Return the log odds of each run's turns by weights taught by the other groups only, in the order of ``rows``.

    ``untaught`` are used where the others have nothing to tell apart.
    """
    made: dict[Part, dict[int, list[float]]] = {part: {} for part in PARTS}
    for group in dict.fromkeys(groups):
        others = [row for row, place in zip(rows, groups, strict=True) if place != group]
        taught = teach(others) if _both_kinds(others) else untaught
        for number, (row, place) in enumerate(zip(rows, groups, strict=True)):
            if place == group:
                for part in PARTS:
                    made[part][number] = [log_odds(score) for score in turn_scores(row, taught, part)]
    return {part: [found[number] for number in range(len(rows))] for part, found in made.items()}


def prompt_only(rows: Sequence[Row]) -> list[Scored]:
    """Return what a text model makes of the prompts alone, in folds. Far above one half: the data tells by its prompts."""
    placed, windows = folds([row.cluster for row in rows]), [windows_of(row.run.prompt) for row in rows]
    made: dict[int, Scored] = {}
    for fold in range(_FOLDS):
        train = [(windows[number], row.harmful) for number, row in enumerate(rows) if placed[number] != fold]
        model = fit_text(train) if len({harmful for _, harmful in train}) > 1 else TextWeights()
        for number, row in enumerate(rows):
            if placed[number] == fold:
                odds = max((window_log_odds(window, model) for window in windows[number]), default=0.0)
                made[number] = Scored(odds, row.harmful, row.cluster)
    return [made[number] for number in range(len(rows))]


def shuffled(rows: Sequence[Row]) -> list[Scored]:
    """Return what text models make of turns when trained on shuffled labels, in folds; five shuffles, one after the other.

    Far from one half: the figures of this data lie.
    """
    placed = folds([row.cluster for row in rows])
    made: list[Scored] = []
    for seed in range(_SHUFFLES):
        labels = [row.harmful for row in rows]
        Random(seed).shuffle(labels)
        odds: dict[int, float] = {}
        for fold in range(_FOLDS):
            train = [(turn.windows, labels[n]) for n, row in enumerate(rows) if placed[n] != fold for turn in row.turns]
            model = TextWeights() if len({label for _, label in train}) < 2 else fit_text(train)
            weights = msgspec.structs.replace(by_hand(), text=model)
            odds |= {n: max(text_of(turn, weights) for turn in rows[n].turns) for n, at in enumerate(placed) if at == fold}
        # Ranks, so that every shuffle counts the same.
        order = sorted(odds, key=odds.__getitem__)
        level = {value: place for place, value in reversed(list(enumerate(odds[n] for n in order)))}
        made += [Scored(level[odds[n]], row.harmful, row.cluster) for n, row in enumerate(rows)]
    return made


def _trained(name: str, rows: Sequence[Row], weights: Weights, say: Says) -> list[Line]:
    placed, behaviours = folds([row.cluster for row in rows]), [row.run.behaviour for row in rows]

    def taken_further(others: Sequence[Row]) -> Weights:
        return further(others, weights)

    ways: list[tuple[str, Sequence[object], Teaches, Weights]] = [("in folds", placed, fit, by_hand())]
    if len(set(behaviours)) > 1:
        ways.append(("one behaviour out", behaviours, fit, by_hand()))
        ways.append(("further, one behaviour out", behaviours, taken_further, weights))
    else:
        ways.append(("further, in folds", placed, taken_further, weights))
    lines: list[Line] = []
    for way, groups, teach, untaught in ways:
        say(f"{name}: {way}")
        told = held_out(rows, groups, teach, untaught)
        lines += [Line(data=name, way=way, part=part, figures=of_turns(rows, told[part])) for part in PARTS]
    say(f"{name}: controls")
    lines.append(Line(data=name, way="prompt only", part=None, figures=of_scored(rows, prompt_only(rows))))
    lines.append(
        Line(data=name, way="shuffled labels", part=None, figures=of_scored(list(rows) * _SHUFFLES, shuffled(rows)))
    )
    return lines


def _across(rows: dict[str, list[Row]], say: Says) -> list[Line]:
    lines: list[Line] = []
    for name, mine in rows.items():
        if not _both_kinds(mine):
            continue
        say(f"{name}: for the other sets")
        trained = fit(mine)
        for other, theirs in rows.items():
            if other != name:
                lines += [
                    Line(data=other, way=f"trained on {name}", part=part, figures=figures(theirs, trained, part))
                    for part in PARTS
                ]
    return lines


def _both_kinds(rows: Sequence[Row]) -> bool:
    return len({row.harmful for row in rows}) == 2
