"""Two halves of one violation in two episodes: does a finding about each rest on a record of the other's call?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vigiles.drills.drill import Drill
from vigiles.drills.score.card import PlantedScore
from vigiles.drills.score.view import View, belongs
from vigiles.model.observation.base import Observation


def paired(drill: Drill, planted: Sequence[PlantedScore], views: Sequence[View]) -> list[PlantedScore]:
    """Return the scores with ``partner`` and ``paired`` filled in, from the play's own knowledge of who did what."""
    steps = {step.id: step for step in drill.steps}
    by_episode = {view.episode.episode: view for view in views}
    found = []
    for score in planted:
        partner = next((one for one in planted if one.step == steps[score.step].partner), None)
        named = partner is not None and _names(score, partner, by_episode, steps[score.step].detectors)
        found.append(msgspec.structs.replace(score, partner=steps[score.step].partner, paired=named))
    return found


def _names(score: PlantedScore, partner: PlantedScore, views: dict[str, View], detectors: Sequence[str]) -> bool:
    if score.call is None or partner.call is None:
        return False
    records = views[partner.episode].episode.records
    theirs = {r.id for r in records if isinstance(r, Observation) and belongs(r.attribution, partner.call)}
    about = views[score.episode].findings_of(score.call, detectors)
    return any(theirs & set(finding.evidence) and partner.episode in finding.summary for finding in about)
