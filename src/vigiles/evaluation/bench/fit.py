"""Train weights on labelled runs: logistic regressions over words, over the parts of the reasoning score, over acts.

Turns carry labels where the data has them, else a run's label is its turns'. The text model is trained on windows: first on
all of a harmful turn's, then only on the one that the first model finds most telling (multiple-instance learning), because
most sentences of a harmful turn are as plain as any other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from vigiles.detectors.monitor.features import NAMES
from vigiles.detectors.monitor.logistic import log_odds
from vigiles.detectors.monitor.text import terms, window_log_odds
from vigiles.detectors.monitor.weights import Linear, TextWeights, Weights, shipped
from vigiles.evaluation.bench.rows import Row, TurnRow, Window, action_of, reasoning_of, text_of
from vigiles.model.errors import InputInvalid

_LEAST_SEEN = 3
_MOST_TERMS = 4000
_FOLDS = 5
_ROUNDS = 2
_MOST_WINDOWS = 60_000
_REMEDY = "Install it: pip install 'vigiles[monitor]'. Scoring with trained weights needs nothing."


def needed() -> None:
    """Raise :class:`InputInvalid` where the training library is not installed."""
    import importlib.util

    if importlib.util.find_spec("sklearn") is None:
        raise InputInvalid("training needs scikit-learn, which is not installed", _REMEDY)


def fit(rows: Sequence[Row], base: Weights | None = None, said: Callable[[str], None] | None = None) -> Weights:
    """Return weights trained on runs. What the runs cannot teach (acts, where they have none) is taken from ``base``.

    Raises :class:`InputInvalid` for runs of one kind only.
    """
    needed()
    base = base or shipped()
    say = said or (lambda text: None)
    turns = _labelled(rows)
    if len({harmful for _, harmful, _ in turns}) < 2:
        raise InputInvalid("there is nothing to tell apart", "Give harmful and harmless runs: both are needed to train.")
    say("the text model")
    weights = msgspec.structs.replace(base, text=fit_text([(turn.windows, harmful) for turn, harmful, _ in turns]))
    say("the reasoning score")
    weights = msgspec.structs.replace(weights, reasoning=_fit_reasoning(turns, base))
    if any(turn.acts for turn, _, _ in turns):
        say("the action score")
        weights = msgspec.structs.replace(weights, action=_fit_action(turns, base.action))
        weights = msgspec.structs.replace(weights, both=_fit_both(turns, weights))
    return weights


def fit_text(examples: Sequence[tuple[Sequence[Window], bool]]) -> TextWeights:
    """Return a text model trained on windows of turns with their labels; one that knows nothing where nothing repeats."""
    told = [(list(windows), harmful) for windows, harmful in examples if windows]
    chosen: list[tuple[Window, bool, float]] = []
    model = TextWeights()
    for step in range(_ROUNDS):
        chosen = []
        for windows, harmful in told:
            picked = windows
            if step and harmful:
                picked = [max(windows, key=lambda window: window_log_odds(window, model))]
            # A turn counts as one, however many windows it has.
            chosen += [(window, harmful, 1 / len(picked)) for window in picked]
        stride = 1 + len(chosen) // _MOST_WINDOWS
        model = _text_model(chosen[::stride])
    return model


def _text_model(chosen: Sequence[tuple[Window, bool, float]]) -> TextWeights:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(
        analyzer=lambda window: [term for sentence in window for term in terms(sentence)],
        min_df=_LEAST_SEEN,
        max_features=_MOST_TERMS,
        sublinear_tf=True,
    )
    labels = [harmful for _, harmful, _ in chosen]
    if len(set(labels)) < 2:
        return TextWeights()
    try:
        matrix = vectors.fit_transform([window for window, _, _ in chosen])
    except ValueError:  # nothing is said twice
        return TextWeights()
    model = _logistic(matrix, labels, [weight for _, _, weight in chosen], 3.0)
    names = vectors.get_feature_names_out()
    kept = {
        str(name): (round(float(idf) * 1000), round(float(coefficient) * 1000))
        for name, idf, coefficient in zip(names, vectors.idf_, model.coef_[0], strict=True)
    }
    return TextWeights(bias=round(float(model.intercept_[0]) * 1000), terms=kept)


def _logistic(matrix: Any, labels: Sequence[bool], weights: Sequence[float] | None, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence: a rougher optimum is as good here
        model = LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=1, max_iter=200)
        return model.fit(matrix, labels, sample_weight=weights)


def _labelled(rows: Sequence[Row]) -> list[tuple[TurnRow, bool, str]]:
    """Return every turn with its label and its group: its behaviour where there are several, else its cluster.

    In a harmful run whose turns have labels, the others are harmless.
    """
    behaviours = {row.run.behaviour for row in rows}
    return [
        (turn, row.harmful and turn.harmful is not False, row.run.behaviour if len(behaviours) > 2 else row.cluster)
        for row in rows
        for turn in row.turns
        if not turn.too_long
    ]


def folds(clusters: Sequence[str], count: int = _FOLDS) -> list[int]:
    """Return the fold of each, whole clusters together, the same for the same names."""
    import zlib

    return [zlib.crc32(cluster.encode("utf-8", "surrogatepass")) % count for cluster in clusters]


def _fit_reasoning(turns: Sequence[tuple[TurnRow, bool, str]], base: Weights) -> Linear:
    """Weigh rules against text by text scores of other behaviours' models: a model flatters what it was trained on."""
    placed = folds([cluster for _, _, cluster in turns])
    inputs: list[list[float]] = []
    labels: list[bool] = []
    for fold in range(_FOLDS):
        train = [(turn.windows, harmful) for (turn, harmful, _), place in zip(turns, placed, strict=True) if place != fold]
        if len({harmful for _, harmful in train}) < 2:
            continue
        weights = msgspec.structs.replace(base, text=fit_text(train))
        for (turn, harmful, _), place in zip(turns, placed, strict=True):
            if place == fold:
                inputs.append([turn.rules, text_of(turn, weights)])
                labels.append(harmful)
    return _linear(inputs, labels, ("rules", "text"), base.reasoning)


def _fit_action(turns: Sequence[tuple[TurnRow, bool, str]], base: Linear) -> Linear:
    """Weigh the features of a turn's acts; a turn's acts share its label, and the features of all count."""
    inputs, labels = [], []
    for turn, harmful, _ in turns:
        for act in turn.acts:
            inputs.append([float(name in act) for name in NAMES])
            labels.append(harmful)
    return _linear(inputs, labels, NAMES, base)


def _fit_both(turns: Sequence[tuple[TurnRow, bool, str]], weights: Weights) -> Linear:
    inputs = [[log_odds(reasoning_of(turn, weights)), log_odds(action_of(turn, weights))] for turn, _, _ in turns]
    return _linear(inputs, [harmful for _, harmful, _ in turns], ("reasoning", "action"), weights.both)


def _linear(inputs: list[list[float]], labels: list[bool], names: Sequence[str], base: Linear) -> Linear:
    if len(set(labels)) < 2:
        return base
    model = _logistic(inputs, labels, None, 1.0)
    worth = {name: round(float(value) * 1000) for name, value in zip(names, model.coef_[0], strict=True)}
    return Linear(bias=round(float(model.intercept_[0]) * 1000), features=worth)
