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
from vigiles.detectors.monitor.text import terms, window_log_odds
from vigiles.detectors.monitor.weights import Linear, TextWeights, Weights, by_hand
from vigiles.evaluation.bench.rows import Row, TurnRow, Window, text_of
from vigiles.model.errors import InputInvalid

#: A term counts if so many windows say it, and so many terms are kept.
LEAST_SEEN = 3
MOST_TERMS = 4000
#: First all windows of a harmful turn, then the most telling one.
ROUNDS = 2
_FOLDS = 5
_MOST_WINDOWS = 60_000
#: How hard the earlier weights of the few features are held on to, and how the fit goes about it (Newton's method).
_HOLD = 20.0
_STEPS = 25
#: What joins rules and text before anything is known: both as they are.
_PLAIN = Linear(bias=-3500, features={"rules": 1000, "text": 500})
_REMEDY = "Install it: pip install 'vigiles[monitor]'. Scoring with trained weights needs nothing."


def needed() -> None:
    """Raise :class:`InputInvalid` where the training library is not installed."""
    import importlib.util

    if importlib.util.find_spec("sklearn") is None:
        raise InputInvalid("training needs scikit-learn, which is not installed", _REMEDY)


def fit(rows: Sequence[Row], base: Weights | None = None, said: Callable[[str], None] | None = None) -> Weights:
    """Return weights trained on runs. What the runs cannot teach (acts, where they have none) is taken from ``base``,
    by default the weights set by hand: those shipped have seen data, and what they saw could be what is measured on.

    How the two parts are joined is never learnt: runs whose thoughts tell much would teach to overlook silent ones.

    Raises :class:`InputInvalid` for runs of one kind only.
    """
    needed()
    base = base or by_hand()
    say = said or (lambda text: None)
    turns = labelled(rows)
    if len({harmful for _, harmful, _ in turns}) < 2:
        raise InputInvalid("there is nothing to tell apart", "Give harmful and harmless runs: both are needed to train.")
    say("the text model")
    weights = msgspec.structs.replace(base, text=fit_text([(turn.windows, harmful) for turn, harmful, _ in turns]))
    say("the reasoning score")
    odds = _held_out_text(turns, base)
    labels = [harmful for _, harmful, _ in turns]
    told = [[turn.rules, value] for (turn, _, _), value in zip(turns, odds, strict=True)]
    weights = msgspec.structs.replace(weights, reasoning=fit_linear(told, labels, ("rules", "text"), _PLAIN))
    if any(turn.acts for turn, _, _ in turns):
        say("the action score")
        weights = msgspec.structs.replace(weights, action=_fit_action(turns, base.action))
    return weights


def fit_text(examples: Sequence[tuple[Sequence[Window], bool]]) -> TextWeights:
    """Return a text model trained on windows of turns with their labels; one that knows nothing where nothing repeats."""
    told = [(list(windows), harmful) for windows, harmful in examples if windows]
    chosen: list[tuple[Window, bool, float]] = []
    model = TextWeights()
    for step in range(ROUNDS):
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
        min_df=LEAST_SEEN,
        max_features=MOST_TERMS,
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


def labelled(rows: Sequence[Row]) -> list[tuple[TurnRow, bool, str]]:
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


def _held_out_text(turns: Sequence[tuple[TurnRow, bool, str]], base: Weights) -> list[float]:
    """Return each turn's text log odds by a model of the other groups: a model flatters what it was trained on."""
    placed = folds([group for _, _, group in turns])
    odds = [0.0] * len(turns)
    for fold in set(placed):
        train = [(turn.windows, harmful) for (turn, harmful, _), place in zip(turns, placed, strict=True) if place != fold]
        if len({harmful for _, harmful in train}) < 2:
            continue
        weights = msgspec.structs.replace(base, text=fit_text(train))
        for number, (turn, _, _) in enumerate(turns):
            if placed[number] == fold:
                odds[number] = text_of(turn, weights)
    return odds


def _fit_action(turns: Sequence[tuple[TurnRow, bool, str]], base: Linear) -> Linear:
    """Weigh the features of a turn's acts; a turn's acts share its label, and the features of all count."""
    inputs, labels = [], []
    for turn, harmful, _ in turns:
        for act in turn.acts:
            inputs.append([float(name in act) for name in NAMES])
            labels.append(harmful)
    return fit_linear(inputs, labels, NAMES, base)


def fit_linear(inputs: list[list[float]], labels: list[bool], names: Sequence[str], base: Linear) -> Linear:
    """Return a sum fitted from ``base`` on: what the data say nothing of stays as it was, and no sign turns.

    A feature that ``base`` takes for suspicious may come to count for nothing, but never for innocence: an attacker could
    hide behind it. Logistic regression with a Gaussian prior around ``base``, both kinds balanced.
    """
    if len(set(labels)) < 2:
        return base
    import numpy

    given = numpy.column_stack([numpy.array(inputs, dtype=float), numpy.ones(len(inputs))])
    prior = numpy.array([*(base.features.get(name, 0) for name in names), base.bias], dtype=float) / 1000
    free = numpy.ones(len(prior), dtype=bool)
    found = prior
    for _ in range(len(prior)):
        found = numpy.where(free, _newton(given * free, labels, prior * free), 0.0)
        turned = free & (found * prior < 0)
        turned[-1] = False
        if not turned.any():
            break
        free &= ~turned
    worth = {name: round(float(value) * 1000) for name, value in zip(names, found, strict=False)}
    return Linear(bias=round(float(found[-1]) * 1000), features=worth)


def _newton(given: Any, labels: Sequence[bool], prior: Any) -> Any:
    """Return the minimum of the loss by Newton's method, damped."""
    import numpy

    wanted = numpy.array(labels, dtype=float)
    balance = numpy.where(wanted > 0, 0.5 / wanted.mean(), 0.5 / (1 - wanted.mean()))
    hold = numpy.full(len(prior), _HOLD)
    hold[-1] = _HOLD / 100  # how rare harm is, the data say better

    def loss(at: Any) -> float:
        odds = given @ at
        return float(balance @ (numpy.logaddexp(0, odds) - wanted * odds) + hold @ (at - prior) ** 2 / 2)

    found, best = prior, loss(prior)
    for _ in range(_STEPS):
        share = 1 / (1 + numpy.exp(-numpy.clip(given @ found, -30, 30)))
        slope = given.T @ (balance * (share - wanted)) + hold * (found - prior)
        curve = (given * (balance * share * (1 - share))[:, None]).T @ given + numpy.diag(hold)
        step = numpy.linalg.solve(curve, slope)
        tried = next((found - step / 2**n for n in range(12) if loss(found - step / 2**n) < best - 1e-9), None)
        if tried is None:
            break
        found, best = tried, loss(tried)
    return found
