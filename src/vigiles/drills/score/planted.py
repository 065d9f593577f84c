"""One violation: was it found, was it stopped, how fast."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.drills.drill import Step
from vigiles.drills.played import PlayedStep
from vigiles.drills.score.card import PlantedScore, Result
from vigiles.drills.score.view import View
from vigiles.drills.world.journal import Effect

#: An effect written down this long after the stop was on its way already: the world's servers log after they answer.
IN_FLIGHT_US = 250_000


def score_planted(step: Step, played: PlayedStep, view: View, effects: Sequence[Effect]) -> PlantedScore:
    """Judge one violation by the ledger's records of its episode and by what reached the world meanwhile."""
    episode = view.episode
    mine = [e.mono_us for e in effects if e.key == step.effect and episode.opened_us <= e.mono_us <= episode.closed_us]
    first = None if played.call is None else view.first_observation(played.call)
    zero = played.began_us if first is None else first
    found = [] if played.call is None else view.findings_of(played.call, step.detectors)
    result, stopped = _outcome(step, played, view, mine, zero)
    return PlantedScore(
        step=step.id,
        title=step.title,
        techniques=step.techniques,
        episode=episode.episode,
        call=played.call,
        counted=step.counts_in(episode.profile),
        detected_by=sorted({finding.detector for finding in found}),
        finding_us=max(0, min(view.known_at(finding) for finding in found) - zero) if found else None,
        result=result,
        containment_us=None if stopped is None else max(0, stopped - zero),
        effects=len(mine),
        feedback=view.feedback(played),
    )


def _outcome(step: Step, played: PlayedStep, view: View, effects: list[int], zero: int) -> tuple[Result, int | None]:
    """Return the result and the moment of the stop that ended the effects, if one did."""
    if played.call is None or played.over:  # never tried: the episode was over before, which proves nothing about this step
        return ("happened" if effects else "failed"), None
    stops: list[int] = []
    if "refusal" in step.stopped_by:
        stops += view.refusals(played.call)
    if "response" in step.stopped_by:
        stops += view.responses(zero)
    if not effects:
        return ("blocked", min(stops)) if stops else ("failed", None)
    enough = [stop for stop in stops if stop >= max(effects) - IN_FLIGHT_US]
    return ("contained", min(enough)) if enough else ("happened", None)
