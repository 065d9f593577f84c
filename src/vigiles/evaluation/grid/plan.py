"""A grid as data: what is played, under what, how often. Its digest is what a pre-registration promises."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from vigiles.evaluation.statistics.sequential import Stopping
from vigiles.model.plain import Plain


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all parts of a plan. A field that came later, at its default, does not change an old plan's digest."""


class AgentChoice(Piece, frozen=True, kw_only=True):
    """A scripted agent by name, or a model (``provider/name``). ``propensity`` in per cent; ``knobs`` are the script's.

    ``replay``: it follows a planted, published rate; every table calls it a replay.
    """

    name: str
    propensity: int = 100
    knobs: dict[str, Plain] = {}
    model: bool = False
    replay: bool = False

    @property
    def label(self) -> str:
        """What tables call it."""
        knobs = "".join(f" {key}={value}" for key, value in sorted(self.knobs.items()))
        rate = "" if self.propensity == 100 else f" at {self.propensity} %"
        return f"{'replay: ' if self.replay else ''}{self.name}{rate}{knobs}"


class Condition(Piece, frozen=True, kw_only=True):
    """A scenario of a family with the levels of its factors; ``twin``: its benign twin."""

    family: str
    factors: dict[str, str] = {}
    twin: bool = False

    @property
    def label(self) -> str:
        """What tables call it."""
        return self.said({})

    def said(self, shared: dict[str, str]) -> str:
        """Return what a table calls it that says elsewhere which levels its conditions share."""
        own = ", ".join(f"{key}={value}" for key, value in sorted(self.factors.items()) if shared.get(key) != value)
        return f"{self.family}{' (twin)' if self.twin else ''}{f' {own}' if own else ''}"


class ReviewerChoice(Piece, frozen=True, kw_only=True):
    """A simulated person who answers holds: chances of approving, parts per million, stated in every table.

    After ``tired_after`` asks of one episode the chances of a yes rise by ``per_ask`` for every further one, that for
    harmful acts at most to ``ceiling``.
    """

    name: str = "attentive"
    benign: int = 1_000_000
    harmful: int = 0
    tired_after: int = 0
    per_ask: int = 0
    ceiling: int = 1_000_000


class SetupChoice(Piece, frozen=True, kw_only=True):
    """A set of safeguards with the one who answers its holds. ``samples``: drafts per step, for resampling.

    ``judge``: the model (``provider/name``) that is asked about acts which a monitor found suspicious.
    ``grader``: the model that is asked about each whole episode, beside the oracle.
    ``trusted``: the model that gives a suspicious step instead, with ``defer``. Without one our honest script gives it for a
    script; it knows the day's work beforehand, so it never does for a model, whose step is refused.
    """

    name: str
    safeguards: tuple[str, ...]
    reviewer: ReviewerChoice | None = ReviewerChoice()
    samples: int = 1
    judge: str | None = None
    grader: str | None = None
    trusted: str | None = None


class Block(Piece, frozen=True, kw_only=True):
    """Every agent in every condition under every set, by name, on ``seeds`` seeds from ``first`` on."""

    agents: tuple[AgentChoice, ...]
    conditions: tuple[Condition, ...]
    setups: tuple[str, ...]
    seeds: int
    first: int = 1


class Plan(Piece, frozen=True, kw_only=True):
    """A whole grid. ``asks`` says in words what it shall decide. ``stopping``: cells may end early, with a stated error."""

    name: str
    blocks: tuple[Block, ...]
    setups: tuple[SetupChoice, ...]
    asks: str = ""
    stopping: Stopping | None = None
    cost_cap_micro: int | None = None


class Cell(NamedTuple):
    """What is counted together: its seeds are ``first`` to ``first + seeds - 1``."""

    number: int
    agent: AgentChoice
    condition: Condition
    setup: SetupChoice
    first: int
    seeds: int


class Job(NamedTuple):
    """One episode to play."""

    cell: int
    seed: int


def digest(plan: Plan) -> str:
    """Return the SHA-256 of the plan's one canonical text, in hex."""
    return hashlib.sha256(text(plan)).hexdigest()


def text(plan: Plan) -> bytes:
    """Return the plan as canonical JSON: in order, defaults left out, so that the same plan has the same digest."""
    return msgspec.json.encode(msgspec.to_builtins(plan), order="sorted")


def cells(plan: Plan) -> tuple[Cell, ...]:
    """Return the cells in an order that follows from the plan alone. Raises ``KeyError`` for a set that it does not have."""
    return _cells(text(plan))


@lru_cache(maxsize=8)
def _cells(data: bytes) -> tuple[Cell, ...]:
    plan = msgspec.json.decode(data, type=Plan)
    setups = {setup.name: setup for setup in plan.setups}
    return tuple(
        Cell(number, agent, condition, setups[name], block.first, block.seeds)
        for number, (block, condition, name, agent) in enumerate(_combinations(plan))
    )


def _combinations(plan: Plan) -> Iterator[tuple[Block, Condition, str, AgentChoice]]:
    for block in plan.blocks:
        for condition in block.conditions:
            for name in block.setups:
                for agent in block.agents:
                    yield block, condition, name, agent


def shared(plan: Plan) -> dict[str, str]:
    """Return the levels that all conditions of a plan share, benign twins left out."""
    conditions = [condition for block in plan.blocks for condition in block.conditions if not condition.twin]
    if not conditions:
        return {}
    first = conditions[0].factors
    return {key: value for key, value in first.items() if all(each.factors.get(key) == value for each in conditions)}


def size(plan: Plan) -> int:
    """Return how many episodes a plan has at most."""
    return sum(len(b.agents) * len(b.conditions) * len(b.setups) * b.seeds for b in plan.blocks)
