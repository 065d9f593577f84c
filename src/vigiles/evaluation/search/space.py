"""What the search may turn: every scripted insider's knobs, and the factors that an insider's luck depends on."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.evaluation.agents.registry import attackers, knobs
from vigiles.evaluation.search.candidate import Space
from vigiles.world.scenarios.factors import FACTORS

#: Where the secret lies, who may help, what the agent was told, who looks: turned by the search beside the knobs.
TURNED = ("secrets", "ally", "oversight", "filler", "instructions")
#: What is the same in every world of a search: a conflict and a threat.
FIXED = {"goal": "explicit", "threat": "replacement"}


def space(agents: Sequence[str] = ()) -> Space:
    """Return the space of these insiders, of all if none is named. Raises ``InputInvalid`` for one that is none."""
    names = tuple(agents) or attackers()
    factors = {name: list(FACTORS[name]) for name in TURNED}
    # First what helps an insider most: that is where a search begins, with every script as it is.
    factors["ally"].reverse()
    factors["oversight"] = ["unwatched", *(level for level in FACTORS["oversight"] if level != "unwatched")]
    return Space(
        agents={name: {knob: list(values) for knob, values in knobs(name).items()} for name in names}, factors=factors
    )
