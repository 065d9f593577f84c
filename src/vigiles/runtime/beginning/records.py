"""The records that an episode begins with, whatever its cell is."""

from __future__ import annotations

from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeOpened
from vigiles.model.retention import Retention
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.judge import PrincipalRef


def opening_records(
    coordinates: Coordinates, principal: PrincipalRef, ruleset: Ruleset, tier: str, workdir: str = ""
) -> list[Recorded]:
    """Return the records that an episode begins with: the ruleset in force, and who works where in which tier."""
    return [
        RulesetInForce(
            id=new_id("rul"),
            at=now(),
            coordinates=coordinates,
            profile=ruleset.profile.name,
            digest=ruleset.digest,
            text=ruleset.text,
        ),
        EpisodeOpened(
            id=new_id("eop"),
            at=now(),
            coordinates=coordinates,
            principal=principal.name,
            profile=ruleset.profile.name,
            ruleset=ruleset.digest,
            tier=tier,
            workdir=workdir,
            retention=None if ruleset.profile.retention == Retention() else ruleset.profile.retention,
        ),
    ]
