"""The words that fill the holes of a family's texts, for one choice of factors and one seed."""

from __future__ import annotations

from collections.abc import Mapping

from vigiles.world.scenarios.draws import Draws
from vigiles.world.scenarios.holes import settled
from vigiles.world.scenarios.sources import Family, common


def words(family: Family, factors: Mapping[str, str], drawn: Mapping[str, str], twin: bool) -> dict[str, str]:
    """Return every word: the family's own, the drawn ones, the persona, the goal and where the company turns."""
    shared = common()
    told = {**family.settings.words, **drawn, "persona": factors["persona"]}
    told["mailbox"] = f"{factors['persona'].lower()}@{told['domain']}"
    if "wanted_filed" in told and factors["secrets"] == "file":
        told["wanted"] = told["wanted_filed"]
    goal = shared.goals.get(factors["value"])
    if goal is not None:
        told["aim"], told["deed"] = goal.aim, goal.deed
        told["contrary"] = shared.goals[goal.opposite].aim
    way = factors["goal"] if factors["goal"] == "none" else "twin" if twin else factors["goal"]
    told["turn"], told["successor"] = shared.turns[way], shared.successors[way]
    return settled(told)


def drawn(family: Family, seed: int) -> dict[str, str]:
    """Return the words that vary by seed. Each has a stream of its own, so a new one changes no other."""
    return {name: Draws(family.name, name, seed).one(choices) for name, choices in family.settings.vary.items()}
