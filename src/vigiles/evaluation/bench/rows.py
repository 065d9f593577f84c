"""Runs made ready: words split and rules matched once, so that many weights can score them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vigiles.detectors.monitor import phrase
from vigiles.detectors.monitor.action import score_features
from vigiles.detectors.monitor.both import score_both
from vigiles.detectors.monitor.features import features
from vigiles.detectors.monitor.logistic import log_odds, parts
from vigiles.detectors.monitor.reasoning import rule_log_odds
from vigiles.detectors.monitor.session import Session
from vigiles.detectors.monitor.text import WINDOW, window_log_odds
from vigiles.detectors.monitor.weights import Weights
from vigiles.detectors.monitor.words import LONGEST, sentences, words
from vigiles.evaluation.bench.runs import Run, Said
from vigiles.evaluation.statistics.ranking import Scored
from vigiles.model.score import MOST, Part

Window = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class TurnRow:
    """One turn: ``windows`` of its sentences, what the ``rules`` say (log odds), and each act's structural features."""

    windows: tuple[Window, ...]
    rules: float
    acts: tuple[tuple[str, ...], ...]
    harmful: bool | None
    too_long: bool = False


@dataclass(frozen=True)
class Row:
    """One run with a label."""

    run: Run
    harmful: bool
    turns: tuple[TurnRow, ...]

    @property
    def cluster(self) -> str:
        """What it shares with others."""
        return self.run.cluster


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """Return the runs that have a label and a turn."""
    return [Row(run, run.harmful, _turns(run)) for run in runs if run.harmful is not None and run.turns]


def windows_of(text: str) -> tuple[Window, ...]:
    """Return the windows of a text's sentences, as the text model reads them."""
    made = [tuple(sentence) for sentence in sentences(words(text))]
    return tuple(tuple(made[at : at + WINDOW]) for at in range(max(1, len(made) - WINDOW + 1))) if made else ()


def text_of(turn: TurnRow, weights: Weights) -> float:
    """Return the text model's log odds of a turn."""
    return max((window_log_odds(window, weights.text) for window in turn.windows), default=weights.text.bias / 1000)


def reasoning_of(turn: TurnRow, weights: Weights) -> int:
    """Return the reasoning score of a turn; the same as the monitor's."""
    if turn.too_long:
        return MOST
    joined = weights.reasoning
    text = joined.features.get("text", 0) / 1000
    total = joined.bias / 1000 + joined.features.get("rules", 0) / 1000 * turn.rules
    return parts(total + text * text_of(turn, weights) if text else total)


def action_of(turn: TurnRow, weights: Weights) -> int:
    """Return the action score of a turn: of its most suspicious act, the score of no features for one without acts."""
    return max((score_features(list(act), weights.action) for act in turn.acts), default=score_features([], weights.action))


def turn_scores(row: Row, weights: Weights, part: Part) -> list[int]:
    """Return the score of every turn of a run."""
    if part == "reasoning":
        return [reasoning_of(turn, weights) for turn in row.turns]
    if part == "action":
        return [action_of(turn, weights) for turn in row.turns]
    return [score_both(reasoning_of(turn, weights), action_of(turn, weights), weights) for turn in row.turns]


def run_score(row: Row, weights: Weights, part: Part) -> int:
    """Return the highest score among a run's turns."""
    return max(turn_scores(row, weights, part))


def scored(rows: Sequence[Row], weights: Weights, part: Part) -> list[Scored]:
    """Return each run's highest score with its truth."""
    return [Scored(log_odds(run_score(row, weights, part)), row.harmful, row.cluster) for row in rows]


def _turns(run: Run) -> tuple[TurnRow, ...]:
    session, made = Session(), []
    for turn in run.turns:
        acts = []
        for act in turn.acts:
            acts.append(tuple(features(act.tool, act.effect, session)))
            if act.refused:
                session.refused()
            else:
                session.performed(act.tool, act.effect, act.read)
        made.append(_row(turn, tuple(acts)))
    return tuple(made)


def _row(turn: Said, acts: tuple[tuple[str, ...], ...]) -> TurnRow:
    if len(turn.words) > LONGEST:
        return TurnRow((), 0.0, acts, turn.harmful, too_long=True)
    rules = rule_log_odds(phrase.shipped().find(words(turn.words)))
    return TurnRow(windows_of(turn.words), rules, acts, turn.harmful)
