"""A person's word on an incident: an act that passes the gate, and then a version of the incident that says who and why.

The act is an *approval* by the person whose user id the kernel tells, judged by the rules of the incident's episode (of the
newest episode, for a campaign). A cell never reaches the ledger's socket, so no agent speaks here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import NotFound
from vigiles.model.incident import Incident
from vigiles.model.plain import text
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.stamp import Stamp
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.load import load_profile
from vigiles.runtime.approving.persons_act import Deed, do
from vigiles.runtime.approving.review import person, ruleset_in_force

#: Its rules say what a person may do; used where an episode's own rules are not in the ledger any more.
_USUAL = "coding-agent"


def speak(
    home: Path,
    incident: Incident,
    tool: str,
    reason: str,
    step: Callable[[Stamp, str], Incident],
    expires_us: int | None = None,
) -> Incident:
    """Record ``step`` (called with the time and the person's name) once the gate allowed act ``tool``; return the version.

    Raises what ``step`` raises, before anything is recorded; :class:`Refused`, :class:`LedgerUnwritable`.
    """
    who = person()
    step(now(), who.name)
    made: list[Incident] = []

    def version() -> list[Incident]:
        made.append(step(now(), who.name))
        return made

    ruleset, added = _rules(home, incident)
    deed = Deed(
        who,
        tool,
        {"incident": incident.incident, "reason": text(reason), "expires_us": expires_us},
        ruleset,
        _of_episode(incident.coordinates),
        () if added is None else (added,),
    )
    do(home, deed, version)
    return made[0]


def _rules(home: Path, incident: Incident) -> tuple[Ruleset, RulesetInForce | None]:
    """Return the rules that judge, and the record of them where the ledger has none."""
    episode = incident.coordinates.episode if incident.coordinates else next(reversed(incident.episodes), "")
    try:
        return ruleset_in_force(home, episode), None
    except NotFound:
        usual = load_profile(_USUAL)
        record = RulesetInForce(id=new_id("rul"), at=now(), profile=_USUAL, digest=usual.digest, text=usual.text)
        return usual, record


def _of_episode(where: Coordinates | None) -> Coordinates | None:
    return None if where is None else msgspec.structs.replace(where, call=None, turn=None, label=None)
