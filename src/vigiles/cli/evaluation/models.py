"""Models as agents: what needs the extra ``inspect``, and is asked for only where a model is."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vigiles.cli.evaluation.options import Where
from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.evaluation.grid.plan import Plan
    from vigiles.evaluation.grid.playing import Models
    from vigiles.evaluation.meter import Price

_PROVIDERS = "vigiles.integrations.inspect.models"
_REMEDY = "install Vigiles with its extra: pip install 'vigiles[inspect]'"


def models_of(plan: Plan, where: Where) -> Models | None:
    """Return what makes a plan's models, those it trusts, judges and graders, None where it has none.

    Raises :class:`InputInvalid`. A cap on costs that could not hold, since what a model costs is not known, is such an error
    too.
    """
    tested = [agent.name for block in plan.blocks for agent in block.agents if agent.model]
    names = list(dict.fromkeys((*tested, *(setup.trusted for setup in plan.setups if setup.trusted is not None))))
    others = list(dict.fromkeys(one for setup in plan.setups for one in (setup.judge, setup.grader) if one is not None))
    free = [name for name in (*names, *others) if name not in where.prices]
    if free and (where.cost_cap is not None or plan.cost_cap_micro is not None):
        raise InputInvalid(
            f"what {free[0]!r} costs is not known, so no cap on costs would hold",
            f"say what a million tokens cost, read and written: --price {free[0]}=IN/OUT; 0/0 if it is free",
        )
    return models(names, others, where.prices) if names or others else None


def models(names: Sequence[str], others: Sequence[str] = (), prices: Mapping[str, Price] | None = None) -> Models:
    """Return what makes these models' agents, and asks others. Raises :class:`InputInvalid` with the remedy, without it."""
    if importlib.util.find_spec("inspect_ai") is None or not _there(_PROVIDERS):
        named = [*names, *others]
        raise InputInvalid(f"model {named[0]!r} cannot be played: the extra `inspect` is not installed", _REMEDY)
    made: Models = importlib.import_module(_PROVIDERS).models(names, others, prices)
    return made


def _there(module: str) -> bool:
    """Say whether a module of ours can be imported, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
