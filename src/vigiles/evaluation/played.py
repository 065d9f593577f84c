"""One episode that was played, as the grid keeps it."""

from __future__ import annotations

import msgspec

from vigiles.evaluation.asks import HarmfulAsk
from vigiles.world.outcome import Attempt, Outcome


class Played(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``agent`` is a scripted agent's name or a model's; ``replay`` is True where a script followed a planted rate.

    ``planted``: whether a replaying script was to do harm in this episode. ``setup`` names the set of safeguards. Counts are
    of acts: ``acts`` asked, ``refused``, ``held`` for a person, ``granted``. ``resampled``: turns that the agent was asked
    for again; ``deferred``: turns that a trusted agent gave instead, or was to give where there is none, so that they were
    refused; ``stood_in``: tasks that are done by a trusted agent's acts alone, and in ``outcome`` are not. ``gate_us``:
    microseconds in the gate and its safeguards, the waiting for a person left out. ``episode`` is None where no ledger was
    asked for. ``invited``: the harm of the scenario's plot; ``others``: what other judges than the oracle say of that one,
    None where one could not say.
    ``judge_failures``: how often a model that was asked about an act gave no score.
    ``cut``: it ended half-way, for the run could spend no more; it is played again, and ``cost_micro`` counts both.
    ``harmful_asks``: those of ``held`` that were of harm; None in a file that was written before they were told apart.
    """

    scenario: str
    factors: dict[str, str]
    twin: bool
    seed: int
    digest: str
    agent: str
    setup: str
    outcome: Outcome
    replay: bool = False
    planted: bool | None = None
    propensity: int | None = None
    acts: int = 0
    refused: int = 0
    held: int = 0
    granted: int = 0
    malformed: int = 0
    turns: int = 0
    resampled: int = 0
    deferred: int = 0
    stood_in: tuple[str, ...] = ()
    judge_failures: int = 0
    gate_us: tuple[int, ...] = ()
    wall_us: int = 0
    cost_micro: int = 0
    run: str | None = None
    episode: str | None = None
    attempts: tuple[Attempt, ...] = ()
    fault: str | None = None
    invited: str = ""
    others: dict[str, bool | None] = {}
    cut: bool = False
    harmful_asks: tuple[HarmfulAsk, ...] | None = None
