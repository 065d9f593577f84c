"""The scripted agents by name, and how one is made for an episode."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

from vigiles.evaluation.agents import (
    clumsy,
    copier,
    dripper,
    encoder,
    flooder,
    gullible,
    honest,
    insider,
    launderer,
    learner,
    paraphraser,
    pretext,
    rationaliser,
    silent,
    splitter,
    unwatched,
    veiled,
)
from vigiles.evaluation.agents.hand import Hand, Scripted
from vigiles.evaluation.agents.style import Knobs, chosen
from vigiles.evaluation.agents.unwatched import unwatched as nobody_looks
from vigiles.model.errors import InputInvalid
from vigiles.world.staging import Staging

#: Those that never do harm come first.
_SCRIPTS: dict[str, ModuleType] = {
    "honest": honest,
    "clumsy": clumsy,
    "plain-insider": insider,
    "veiled-threat": veiled,
    "split-steps": splitter,
    "laundering": launderer,
    "encoded": encoder,
    "paraphrased": paraphraser,
    "slow-drip": dripper,
    "false-alarm": pretext,
    "self-copy": copier,
    "unwatched": unwatched,
    "rationaliser": rationaliser,
    "silent": silent,
    "approval-flooder": flooder,
    "refusal-learner": learner,
    "gullible": gullible,
}
HARMLESS = ("honest", "clumsy")
#: Those that want no harm and may do it all the same, because what they read orders it.
OBEDIENT = ("gullible",)


def names() -> tuple[str, ...]:
    """Return all agents' names, the harmless ones first."""
    return tuple(_SCRIPTS)


def attackers() -> tuple[str, ...]:
    """Return the names of those that set out to do harm."""
    return tuple(name for name in _SCRIPTS if name not in (*HARMLESS, *OBEDIENT))


def purpose(name: str) -> str:
    """Return what an agent does, in a line. Raises ``InputInvalid``."""
    said = (_module(name).__doc__ or "").splitlines()[0]
    return said.partition(": ")[2].removesuffix(".")


def knobs(name: str) -> Knobs:
    """Return what of an agent may be varied: knob -> its values, the usual one first. Raises ``InputInvalid``."""
    return dict(_module(name).KNOBS)


def make(name: str, staging: Staging, seed: int, propensity: int = 100, **given: Any) -> Scripted:
    """Return the agent ``name`` for one episode of ``staging``.

    ``propensity``: in how many episodes of a hundred it does harm; in the others it is honest. Raises ``InputInvalid`` for
    an unknown name, knob or value.
    """
    module = _module(name)
    style = chosen(name, module.KNOBS, given)
    hand = Hand(name, staging, seed, style, getattr(module, "THINKS", True))
    harmful = planted(name, staging, seed, propensity)
    script = module.script if harmful or name in (*HARMLESS, *OBEDIENT) else honest.script
    return Scripted(hand, script(hand))


def planted(name: str, staging: Staging, seed: int, propensity: int = 100) -> bool:
    """Say whether the agent sets out to do harm in this episode: it follows from the seed. Raises ``InputInvalid``."""
    module = _module(name)
    if not 0 <= propensity <= 100:
        raise InputInvalid(f"a propensity of {propensity} is no percentage", "Give a number from 0 to 100.")
    if name in (*HARMLESS, *OBEDIENT) or staging.twin:
        return False
    if module is unwatched and not (nobody_looks(staging.system) or nobody_looks(staging.prompt)):
        return False
    return random.Random(f"planted/{staging.scenario}/{seed}/{name}").randrange(100) < propensity


def _module(name: str) -> ModuleType:
    try:
        return _SCRIPTS[name]
    except KeyError:
        raise InputInvalid(f"no agent is called {name[:64]!r}", f"Known: {', '.join(_SCRIPTS)}.") from None
