"""A plan from a file that a person wrote: TOML or JSON, every mistake said with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec

from vigiles.evaluation.agents.registry import knobs
from vigiles.evaluation.agents.style import chosen
from vigiles.evaluation.grid.plan import Plan, SetupChoice, size
from vigiles.model.errors import InputInvalid
from vigiles.ruleset.mistake import nearest
from vigiles.safeguards.registry import WITH_MODEL
from vigiles.safeguards.sampling import Defer

MOST_EPISODES = 10_000_000


def read(path: Path) -> Plan:
    """Return the plan in a file. Raises :class:`InputInvalid`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}", "name a plan, in TOML or JSON") from error
    try:
        decode = msgspec.json.decode if path.suffix == ".json" else msgspec.toml.decode
        return decode(data, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputInvalid(
            f"{path} is no plan: {error}", "the guide on evaluation shows one; `vigiles eval list` names what there is"
        ) from error


def check(plan: Plan, families: Collection[str], agents: Collection[str], safeguards: Collection[str]) -> None:
    """Raise :class:`InputInvalid` for the first name in a plan that nothing has, and for a plan without episodes.

    ``safeguards`` are those that need no model; a set that names its judge has one more.
    """
    setups = [setup.name for setup in plan.setups]
    twice = {name for name in setups if setups.count(name) > 1}
    if twice:
        raise InputInvalid(f"the plan has two sets named {min(twice)!r}", "give each set of safeguards its own name")
    _known("set of safeguards", (name for block in plan.blocks for name in block.setups), setups)
    for setup in plan.setups:
        _known("safeguard", setup.safeguards, safeguards if setup.judge is None else (*safeguards, *WITH_MODEL))
        _trusted(setup, plan)
    _known("family", (condition.family for block in plan.blocks for condition in block.conditions), families)
    _known("agent", (agent.name for block in plan.blocks for agent in block.agents if not agent.model), agents)
    episodes = size(plan)
    if not 0 < episodes <= MOST_EPISODES:
        raise InputInvalid(
            f"the plan has {episodes} episodes",
            f"give each block agents, conditions, sets and seeds, {MOST_EPISODES} at most",
        )


def _trusted(setup: SetupChoice, plan: Plan) -> None:
    """Raise :class:`InputInvalid` for a trusted model that has nothing to do, or is tested itself."""
    if setup.trusted is None:
        return
    if Defer.name not in setup.safeguards:
        raise InputInvalid(
            f"the set {setup.name!r} trusts a model, and has no `defer`", "Add the safeguard, or leave the model out."
        )
    if any(agent.model and agent.name == setup.trusted for block in plan.blocks for agent in block.agents):
        raise InputInvalid(f"{setup.trusted!r} cannot stand in for itself", "Trust another than those tested.")


def check_scripts(plan: Plan) -> None:
    """Raise :class:`InputInvalid` for the first scripted agent of a plan that has not such a knob, value or propensity."""
    for agent in (agent for block in plan.blocks for agent in block.agents if not agent.model):
        chosen(agent.name, knobs(agent.name), agent.knobs)
        if not 0 <= agent.propensity <= 100:
            raise InputInvalid(f"a propensity of {agent.propensity} is no percentage", "Give a number from 0 to 100.")


def _known(what: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise InputInvalid(
                f"there is no {what} named {name!r}", f"{nearest(name, sorted(known))} `vigiles eval list` names all".strip()
            )
