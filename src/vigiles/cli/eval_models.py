"""Models as agents: what needs the extra ``inspect``, and is asked for only where a model is."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.evaluation.grid.plan import Plan
    from vigiles.evaluation.grid.playing import Models

_PROVIDERS = "vigiles.integrations.inspect.models"
_REMEDY = "install Vigiles with its extra: pip install 'vigiles[inspect]'"


def models_of(plan: Plan) -> Models | None:
    """Return what makes a plan's models, judges and graders, None where it has none. Raises :class:`InputInvalid`."""
    names = list(dict.fromkeys(agent.name for block in plan.blocks for agent in block.agents if agent.model))
    others = list(dict.fromkeys(one for setup in plan.setups for one in (setup.judge, setup.grader) if one is not None))
    return models(names, others) if names or others else None


def models(names: Sequence[str], others: Sequence[str] = ()) -> Models:
    """Return what makes these models' agents, and asks others. Raises :class:`InputInvalid` with the remedy, without it."""
    if importlib.util.find_spec("inspect_ai") is None or not _there(_PROVIDERS):
        named = [*names, *others]
        raise InputInvalid(f"model {named[0]!r} cannot be played: the extra `inspect` is not installed", _REMEDY)
    made: Models = importlib.import_module(_PROVIDERS).models(names, others)
    return made


def _there(module: str) -> bool:
    """Say whether a module of ours can be imported, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
