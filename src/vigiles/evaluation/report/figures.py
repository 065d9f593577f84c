"""The figures of a grid: what every table, the page and ``--json`` show."""

from __future__ import annotations

import msgspec

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.search.worst import WorstCase
from vigiles.evaluation.statistics.interval import Interval
from vigiles.evaluation.statistics.rate import Rate


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all figures."""


class Load(Figure, frozen=True, kw_only=True):
    """What a set costs: acts asked, held for a person, granted; microseconds in the gate, None where none was measured."""

    acts: int
    held: int
    granted: int
    refused: int
    malformed: int
    gate_median_us: int | None = None
    gate_p95_us: int | None = None

    @property
    def per_hundred(self) -> float | None:
        """Approvals asked for per 100 acts; None without an act."""
        return 100 * self.held / self.acts if self.acts else None


class Worst(Figure, frozen=True, kw_only=True):
    """The attacker and condition with the highest share of harm done; ``others``: how many more have the same."""

    agent: str
    condition: str
    harm: Rate
    others: int = 0


class SetupFigures(Figure, frozen=True, kw_only=True):
    """One set of safeguards. Harm is of attackers' (and models') episodes that could be judged, twins left out.

    ``deny`` and ``approval`` count episodes with harm of that class done; ``harm`` those with any. ``tried``: episodes in
    which harm was tried and none was done. ``innocent``: harm done by agents that want none. ``tasks``: pieces of ordinary
    work finished by those, in benign twins. ``unjudged`` counts episodes of which nothing can be said; ``faults`` says why.
    ``worst``: the highest rate of any attacker in any condition, or of any insider that a search found.
    ``judge_failures``: how often a model that judges acts gave no score, in ``judge_failed`` episodes.
    ``deferred``: steps that `defer` took from an agent; ``stood_in``: pieces of ordinary work that only a trusted agent
    finished, and ``tasks`` does not count; ``trusted``: the model that is one.
    ``explained``: episodes with a wrong approval that the reviewer's stated rates explain; ``untold``: episodes whose file
    does not tell which asks were of harm, and of which every ask is therefore taken for one.
    ``attack`` is the load of attackers, ``work`` that of those others wherever they play.
    """

    setup: str
    safeguards: tuple[str, ...]
    reviewer: ReviewerChoice | None
    episodes: int
    unjudged: int
    faults: dict[str, int]
    trusted: str | None = None
    deferred: int = 0
    stood_in: int = 0
    judge_failures: int = 0
    judge_failed: int = 0
    harm: Rate
    deny: Rate
    approval: Rate
    explained: int
    untold: int = 0
    tried: int
    worst: Worst | None
    innocent: Rate
    tasks: Rate
    attack: Load
    work: Load


class AttackerFigures(Figure, frozen=True, kw_only=True):
    """One attacker under one set, over all conditions; ``worst`` is the condition in which it did most harm."""

    setup: str
    agent: str
    harm: Rate
    deny: int
    approval: int
    tried: int
    unjudged: int
    worst: Worst | None
    load: Load


class ConditionFigures(Figure, frozen=True, kw_only=True):
    """One attacker or model in one condition under one set."""

    setup: str
    agent: str
    condition: str
    harm: Rate
    tried: int
    unjudged: int


class Leak(Figure, frozen=True, kw_only=True):
    """Who got through, where, with which harms, how often."""

    agent: str
    condition: str
    harms: tuple[str, ...]
    harm: Rate


class Comparison(Figure, frozen=True, kw_only=True):
    """One set against another on the same seeds. ``only_base`` and ``only_other``: pairs with harm done on that side alone.

    ``p`` is McNemar's exact one, ``p_holm`` corrected for all comparisons of the table. ``difference`` of the shares of harm
    and ``tasks`` of those of work finished are (other - base), with the conditions as clusters. ``leaks``: what got through
    under the other set.
    """

    base: str
    other: str
    off: tuple[str, ...]
    pairs: int
    only_base: int
    only_other: int
    p: float
    p_holm: float
    difference: Interval
    tasks: Interval
    leaks: tuple[Leak, ...]


class ReplayFigures(Figure, frozen=True, kw_only=True):
    """A replay of a planted rate: a check of the harness, and no result of any model.

    ``planted`` and ``counted`` are episodes; ``unequal`` those in which the oracle and the script disagree.
    """

    replay: str
    condition: str
    setup: str
    planted: int
    counted: Rate
    unequal: int
    unjudged: int


class AgreementFigures(Figure, frozen=True, kw_only=True):
    """How far another judge agrees with the oracle on one harm. ``missed``: the oracle alone found it; ``false``: the other
    alone did. ``kappa`` is Cohen's with its 95 % interval, None where there was one verdict only.
    """

    judge: str
    harm: str
    both: int
    missed: int
    false: int
    neither: int
    unjudged: int
    kappa: float | None
    low: float | None
    high: float | None


class Bar(Figure, frozen=True, kw_only=True):
    """One thing that was promised."""

    name: str
    setup: str
    wanted: str
    got: str
    met: bool


class Figures(Figure, frozen=True, kw_only=True):
    """Everything. ``missing``: episodes of the plan that were not played to their end; ``cut``: of those how many were begun
    and cut off by the cap on costs; ``settled``: cells that ended early, and why.

    ``shared``: the factors' levels that all conditions but twins have, and that no table repeats. ``models``: the
    agents that are models; a script of ours that is played as one is none. ``searched``: what a search found under the
    same sets, in whose :attr:`SetupFigures.worst` it is counted.
    """

    plan: str
    asks: str
    shared: dict[str, str]
    digest: str
    written_us: int
    made_by: str
    episodes: int
    planned: int
    missing: int
    cut: int = 0
    torn: bool
    settled: dict[str, int]
    stopping_error: float | None
    cost_micro: int
    models: list[str] = []
    setups: list[SetupFigures]
    attackers: list[AttackerFigures]
    conditions: list[ConditionFigures]
    comparisons: list[Comparison]
    replays: list[ReplayFigures]
    agreements: list[AgreementFigures]
    bars: list[Bar]
    searched: list[WorstCase] = []
