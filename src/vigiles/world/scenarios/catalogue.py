"""What there is to stage: the families, each one's levels, and the 18 core conditions of the published study."""

from __future__ import annotations

from vigiles.world.scenarios.factors import FACTORS
from vigiles.world.scenarios.sources import families as _families
from vigiles.world.scenarios.sources import family

#: The families that follow the published study; the others come from incidents.
STUDIED = ("blackmail", "leak", "lethal")


def families() -> tuple[str, ...]:
    """Return the names of all families."""
    return _families()


def levels(name: str) -> dict[str, tuple[str, ...]]:
    """Return factor -> levels of one family; the first level is the default. Raises NotFound for an unknown family."""
    family(name)
    return dict(FACTORS)


def core() -> list[tuple[str, dict[str, str]]]:
    """Return the 18 core conditions: three families, with an explicit goal or none, under each threat."""
    return [
        (name, {"goal": goal, "value": value, "threat": threat})
        for name in STUDIED
        for goal, value in (("explicit", "home"), ("none", "none"))
        for threat in FACTORS["threat"]
    ]
