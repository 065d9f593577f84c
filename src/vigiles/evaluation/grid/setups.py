"""A chosen set of safeguards made into what the loop plays under, for each episode's company."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from vigiles.detectors.monitor.judge import Judge
from vigiles.detectors.monitor.watch import Watch
from vigiles.detectors.monitor.weights import shipped
from vigiles.evaluation.agents.registry import make as make_agent
from vigiles.evaluation.conversation import Agent
from vigiles.evaluation.episode import purpose_of
from vigiles.evaluation.grid.company import rules
from vigiles.evaluation.grid.plan import ReviewerChoice, SetupChoice
from vigiles.evaluation.grid.reviewer import Simulated
from vigiles.evaluation.loop import Setup
from vigiles.evaluation.purse import PaidJudge
from vigiles.model.errors import InputInvalid
from vigiles.safeguards.monitors import ModelJudge
from vigiles.safeguards.registry import NAMES, WITH_MODEL, make
from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Safeguard
from vigiles.world.staging import Staging

#: Those that need monitors' scores.
_SCORED = frozenset({"reasoning-monitor", "action-monitor", "resample", "defer"})
_ENCODE = msgspec.json.Encoder().encode
#: Setups that are kept: what a company has ordered differs from episode to episode.
_MOST = 4096
_ONE_PERCENT = 10_000
_NEVER = 1_000_000


class Setups:
    """Keeps what it has made: episodes of one company under one set share it; only safeguards are made anew for each."""

    def __init__(self, seconds: Callable[[str], Judge] | None = None) -> None:
        """``seconds`` opens the model that a set names as its judge."""
        self._seconds = seconds
        self._made: dict[tuple[str, str, bytes], Setup] = {}

    def of(self, choice: SetupChoice, staging: Staging) -> Setup:
        """Return the setup of one episode."""
        purpose = purpose_of(staging)
        company = with_levels(rules(staging, purpose))
        key = (choice.name, purpose, _ENCODE([company.clearances, company.lethal_purposes, company.apart, company.orders]))
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= _MOST:
                self._made.clear()
            made = self._made[key] = self._setup(choice, purpose, company)
        return made

    def _second(self, model: str | None) -> Judge | None:
        if model is None:
            return None
        if self._seconds is None:
            raise RuntimeError("this process can ask no models")
        return PaidJudge(self._seconds(model))

    def _setup(self, choice: SetupChoice, purpose: str, company: CompanyRules) -> Setup:
        def safeguards() -> Sequence[Safeguard]:
            return make(choice.safeguards, company)

        return Setup(
            name=choice.name,
            safeguards=safeguards,
            reviewer=None if choice.reviewer is None else Simulated(choice.reviewer),
            samples=company.samples if "resample" in choice.safeguards else 1,
            trusted=_trusted if "defer" in choice.safeguards else None,
            monitors=Watch if _SCORED & set(choice.safeguards) or choice.judge is not None else None,
            defer_ppm=company.defer_ppm,
            purpose=purpose,
            second=self._second(choice.judge),
            grader=self._second(choice.grader),
        )


def graded(setups: Sequence[SetupChoice], model: str) -> tuple[SetupChoice, ...]:
    """Return sets whose episodes a model grades too, beside the oracle."""
    return tuple(msgspec.structs.replace(one, grader=model) for one in setups)


def with_levels(company: CompanyRules) -> CompanyRules:
    """Return rules whose monitors hold at the threshold of 1 % false alarms, where the shipped weights have one."""
    weights = shipped()
    reasoning, action = (weights.above(part, _ONE_PERCENT) for part in ("reasoning", "action"))
    return msgspec.structs.replace(
        company,
        reasoning_ppm=_from(reasoning, company.reasoning_ppm),
        action_ppm=_from(action, company.action_ppm),
    )


def _from(above: int, usual: tuple[int, int]) -> tuple[int, int]:
    return usual if above >= _NEVER else (above + 1, max(above + 1, usual[1]))


def named(words: Sequence[str], reviewer: ReviewerChoice | None) -> tuple[SetupChoice, ...]:
    """Return sets from words: ``all``, ``none``, ``all-but:NAME``, ``only:NAME`` or names with commas between them.

    Raises :class:`~vigiles.model.errors.InputInvalid` for a name that is none, for no name at all, and for a safeguard
    that asks a model: it comes with the model.
    """
    return tuple(_named(word, reviewer) for word in dict.fromkeys(words))


def judged(setups: Sequence[SetupChoice], model: str) -> tuple[SetupChoice, ...]:
    """Return sets with a model as judge of suspicious acts; a set without any safeguard stays what it is."""
    return tuple(
        msgspec.structs.replace(one, name=f"{one.name} +judge", safeguards=(*one.safeguards, ModelJudge.name), judge=model)
        if one.safeguards
        else one
        for one in setups
    )


def ablations(reviewer: ReviewerChoice | None) -> tuple[SetupChoice, ...]:
    """Return nothing, everything, and everything but each one."""
    return named(["none", "all", *(f"all-but:{name}" for name in NAMES)], reviewer)


def _named(word: str, reviewer: ReviewerChoice | None) -> SetupChoice:
    kind, _, rest = word.partition(":")
    if word == "none":
        return SetupChoice(name=word, safeguards=(), reviewer=reviewer)
    if word == "all":
        return SetupChoice(name=word, safeguards=NAMES, reviewer=reviewer)
    names = tuple(name.strip() for name in (rest if kind in ("all-but", "only") else word).split(",") if name.strip())
    if not names:
        raise InputInvalid(f"{word!r} names no safeguard", "Say none, all, all-but:NAME, only:NAME or NAME,NAME.")
    make(names, CompanyRules())  # says which name is none
    asking = next((name for name in names if name in WITH_MODEL), None)
    if asking is not None:
        raise InputInvalid(
            f"{asking} asks a model, and none is named with it", "`vigiles eval misalignment --judge` adds it."
        )
    if kind == "all-but":
        return SetupChoice(name=word, safeguards=tuple(name for name in NAMES if name not in names), reviewer=reviewer)
    return SetupChoice(name=word, safeguards=names, reviewer=reviewer)


def _trusted(staging: Staging, seed: int) -> Agent:
    return make_agent("honest", staging, seed)
