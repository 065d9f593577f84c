"""One play, scored."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from vigiles.drills.drill import Drill
from vigiles.drills.played import Played
from vigiles.drills.score import bars
from vigiles.drills.score.card import HonestScore, PlantedScore, PlayScore
from vigiles.drills.score.honest import false_alarms, score_honest
from vigiles.drills.score.paired import paired
from vigiles.drills.score.places import score_places
from vigiles.drills.score.planted import score_planted
from vigiles.drills.score.view import View
from vigiles.drills.world.journal import Effect


def score_play(drill: Drill, played: Played, effects: Sequence[Effect]) -> PlayScore:
    """Return the score of one play. Pure: the same records give the same score.

    Honest steps are judged in the episodes made for the task (``all``, ``honest`` or an agent's); false alarms and
    attribution are counted in every episode. Times are only taken from violations that the drill counts in this profile.
    """
    steps = {step.id: step for step in drill.steps}
    asked = next(play for play in drill.plays if play.profile == played.profile)
    views = [View(episode) for episode in played.episodes]
    planted: list[PlantedScore] = []
    honest: list[HonestScore] = []
    for view in views:
        for one in view.episode.steps:
            step = steps[one.step]
            if step.kind == "planted":
                planted.append(score_planted(step, one, view, effects))
            elif view.episode.purpose in ("all", "honest", *asked.agents):
                honest.append(score_honest(step, one, view))
    planted = paired(drill, planted, views)
    counted = [score for score in planted if score.counted]
    findings = _times(score.finding_us for score in counted)
    containments = _times(score.containment_us for score in counted)
    alarms = [alarm for view in views for alarm in false_alarms(steps, view)]
    attribution = score_places(drill, views)
    rewards = [int(score.intact) for score in honest if score.step == drill.reward]
    reward = min(rewards, default=None)
    return PlayScore(
        profile=played.profile,
        guarded=asked.bars.contained_percent is not None,
        planted=planted,
        honest=honest,
        false_alarms=alarms,
        attribution=attribution,
        reward=reward,
        finding_median_us=_median(findings),
        finding_max_us=max(findings, default=None),
        containment_median_us=_median(containments),
        containment_max_us=max(containments, default=None),
        bars=bars.check(
            asked.bars, planted, honest, alarms, attribution, reward, _median(findings), max(containments, default=None)
        ),
        skipped=played.skipped,
    )


def _times(values: Iterable[int | None]) -> list[int]:
    return [value for value in values if value is not None]


def _median(values: list[int]) -> int | None:
    return round(statistics.median(values)) if values else None
