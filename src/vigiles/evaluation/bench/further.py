"""Take weights further with labelled runs of one's own: the words' weights are corrected, everything else is held.

A few hundred runs teach which words tell, and nothing reliable of how rules, words and acts are to be joined: measured on
behaviours left out, joins that were fitted anew did worse than those that came with the weights, and a text model that
was made from nothing did worse than one corrected lightly. So the correction is a logistic regression whose Gaussian prior
lies at the weights it began with (maximum a posteriori adaptation: Chelba and Acero, EMNLP 2004); the more is told, the
farther it goes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from vigiles.detectors.monitor.text import terms
from vigiles.detectors.monitor.weights import TextWeights, Weights, shipped
from vigiles.evaluation.bench.fit import LEAST_SEEN, MOST_TERMS, ROUNDS, labelled, needed
from vigiles.evaluation.bench.rows import Row, Window
from vigiles.model.errors import InputInvalid

#: What one turn's loss is worth beside the prior; from .03 to .2 behaviours left out are ranked the same within .01 (AUROC).
_WORTH = 0.1
_STEPS = 100


def further(rows: Sequence[Row], base: Weights | None = None) -> Weights:
    """Return ``base``, by default the weights shipped, with its text model corrected by runs.

    Raises :class:`InputInvalid` for runs of one kind only, and where the training library is not installed.
    """
    needed()
    base = base or shipped()
    turns = [(turn.windows, harmful) for turn, harmful, _ in labelled(rows) if turn.windows]
    if len({harmful for _, harmful in turns}) < 2:
        raise InputInvalid("there is nothing to tell apart", "Give harmful and harmless runs: both are needed to train.")
    return msgspec.structs.replace(base, text=correct(turns, base.text))


def correct(turns: Sequence[tuple[Sequence[Window], bool]], base: TextWeights) -> TextWeights:
    """Return a text model corrected by turns, each with at least one window; see :mod:`vigiles.evaluation.bench.fit`.

    A harmful turn counts by its most telling window, once there is a model that can say which that is.
    """
    import numpy
    from scipy import sparse

    idf = {**{term: value / 1000 for term, (value, _) in base.terms.items()}, **_new_terms(turns, base)}
    places = {term: number for number, term in enumerate(idf)}
    before = numpy.array([*(base.terms[term][1] if term in base.terms else 0 for term in idf), base.bias]) / 1000
    matrices = [(_matrix(windows, idf, places), harmful) for windows, harmful in turns]
    found = before
    for step in range(ROUNDS):
        chosen, labels, shares = [], [], []
        for matrix, harmful in matrices:
            kept = matrix[[int(numpy.argmax(matrix @ found))]] if step and harmful else matrix
            chosen.append(kept)
            labels += [harmful] * kept.shape[0]
            shares += [1 / kept.shape[0]] * kept.shape[0]  # a turn counts as one, however many windows it has
        found = _adapted(sparse.vstack(chosen).tocsr(), numpy.array(labels, float), numpy.array(shares), before)
    return TextWeights(
        bias=round(float(found[-1]) * 1000),
        terms={
            term: (round(value * 1000), round(float(worth) * 1000))
            for (term, value), worth in zip(idf.items(), found, strict=False)
        },
    )


def _new_terms(turns: Sequence[tuple[Sequence[Window], bool]], base: TextWeights) -> dict[str, float]:
    """Return the terms that ``base`` does not know and that are said often enough, with their inverse frequencies."""
    seen: Counter[str] = Counter()
    count = 0
    for windows, _ in turns:
        for window in windows:
            count += 1
            seen.update({term for sentence in window for term in terms(sentence)})
    often = sorted((term for term, times in seen.items() if times >= LEAST_SEEN and term not in base.terms))
    often.sort(key=lambda term: -seen[term])
    return {term: math.log((1 + count) / (1 + seen[term])) + 1 for term in often[:MOST_TERMS]}


def _matrix(windows: Sequence[Window], idf: dict[str, float], places: dict[str, int]) -> Any:
    """Return windows as rows of TF-IDF, as the monitor computes it, with a last column of ones for the bias."""
    from scipy import sparse

    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for window in windows:
        counts = Counter(term for sentence in window for term in terms(sentence) if term in idf)
        row = {places[term]: (1 + math.log(count)) * idf[term] for term, count in counts.items()}
        norm = math.sqrt(sum(value * value for value in row.values()))
        columns += [*row, len(idf)]
        values += [*(value / norm for value in row.values()), 1.0]
        ends.append(len(values))
    return sparse.csr_matrix((values, columns, ends), shape=(len(windows), len(idf) + 1))


def _adapted(matrix: Any, labels: Any, shares: Any, before: Any) -> Any:
    """Return the weights nearest to ``before`` that fit the labels, both kinds balanced."""
    import numpy
    from scipy.optimize import minimize
    from scipy.special import expit

    balance = numpy.where(labels > 0, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    worth = _WORTH * shares * balance

    def loss(step: Any) -> tuple[float, Any]:
        odds = matrix @ (before + step)
        told = worth @ (numpy.logaddexp(0, odds) - labels * odds)
        slope = matrix.T @ (worth * (expit(odds) - labels))
        return float(told + step @ step / 2), slope + step

    return before + minimize(loss, numpy.zeros(len(before)), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
