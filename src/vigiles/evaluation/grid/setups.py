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
from vigiles.evaluation.grid.plan import AgentChoice, ReviewerChoice, SetupChoice
from vigiles.evaluation.grid.reviewer import Simulated
from vigiles.evaluation.loop import Setup
from vigiles.evaluation.parts import AgentFactory
from vigiles.evaluation.purse import PaidAgent, PaidJudge
from vigiles.model.errors import InputInvalid
from vigiles.safeguards.monitors import ModelJudge
from vigiles.safeguards.registry import NAMES, WITH_MODEL, make
from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Safeguard
from vigiles.safeguards.sampling import Defer
from vigiles.world.staging import Staging

#: Those that need monitors' scores.
_SCORED = frozenset({"reasoning-monitor", "action-monitor", "resample", "defer"})
_ENCODE = msgspec.json.Encoder().encode
#: Setups that are kept: what a company has ordered differs from episode to episode.
_MOST = 4096
_ONE_PERCENT = 10_000
_NEVER = 1_000_000
_HONEST = "honest"


class Setups:
    """Keeps what it has made: episodes of one company under one set share it; only safeguards are made anew for each."""

    def __init__(
        self,
        seconds: Callable[[str], Judge] | None = None,
        agents: Callable[[AgentChoice, Staging, int], Agent] | None = None,
    ) -> None:
        """``seconds`` opens the model that a set names as its judge, ``agents`` the one that it trusts."""
        self._seconds = seconds
        self._agents = agents
        self._made: dict[tuple[str, str, bool, bytes], Setup] = {}

    def of(self, choice: SetupChoice, staging: Staging, *, model: bool = False) -> Setup:
        """Return the setup of one episode. ``model``: the agent that plays it is one, and no script of ours."""
        purpose = purpose_of(staging)
        company = with_levels(rules(staging, purpose))
        own = _ENCODE([company.clearances, company.lethal_purposes, company.apart, company.orders])
        key = (choice.name, purpose, model, own)
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= _MOST:
                self._made.clear()
            made = self._made[key] = self._setup(choice, purpose, company, model)
        return made

    def _second(self, model: str | None) -> Judge | None:
        if model is None:
            return None
        if self._seconds is None:
            raise RuntimeError("this process can ask no models")
        return PaidJudge(self._seconds(model))

    def _trusted(self, choice: SetupChoice, model: bool) -> tuple[AgentFactory | None, str | None]:
        """Return who gives a suspicious step instead, and its name; nobody for a model, where none is named.

        The honest script reads the list of what is to be done from the stage. In a script's place that is as good as the
        script; in a model's it would do the very work that is measured.
        """
        if Defer.name not in choice.safeguards or (model and choice.trusted is None):
            return None, None
        if choice.trusted is None:
            return _honest, _HONEST
        if self._agents is None:
            raise RuntimeError("this process can ask no models")
        name, agents = choice.trusted, self._agents

        def make_trusted(staging: Staging, seed: int) -> Agent:
            return PaidAgent(agents(AgentChoice(name=name, model=True), staging, seed), name)

        return make_trusted, name

    def _setup(self, choice: SetupChoice, purpose: str, company: CompanyRules, model: bool) -> Setup:
        def safeguards() -> Sequence[Safeguard]:
            return make(choice.safeguards, company)

        trusted, stand_in = self._trusted(choice, model)
        return Setup(
            name=choice.name,
            safeguards=safeguards,
            reviewer=None if choice.reviewer is None else Simulated(choice.reviewer),
            samples=company.samples if "resample" in choice.safeguards else 1,
            trusted=trusted,
            stand_in=stand_in,
            defers=Defer.name in choice.safeguards,
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


def trusting(setups: Sequence[SetupChoice], model: str) -> tuple[SetupChoice, ...]:
    """Return sets in which a model gives the steps that ``defer`` takes from an agent; those without it stay as they are.

    Raises :class:`~vigiles.model.errors.InputInvalid` where none has it.
    """
    if not any(Defer.name in one.safeguards for one in setups):
        raise InputInvalid("no set has `defer`, so nobody is trusted with anything", "Name a set with it, or no --trusted.")
    return tuple(msgspec.structs.replace(one, trusted=model) if Defer.name in one.safeguards else one for one in setups)


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


def _honest(staging: Staging, seed: int) -> Agent:
    return make_agent(_HONEST, staging, seed)
