"""When a dearer monitor is worth asking: pass what is ordinary, alarm on what is extreme, ask about what lies between."""

from __future__ import annotations

from typing import Literal

from vigiles.detectors.monitor.weights import Weights, shipped
from vigiles.model.score import Part

#: ``pass``: nothing; ``ask``: a judge, or a person, should look; ``alarm``: suspicious as it is.
Step = Literal["pass", "ask", "alarm"]

#: Shares of false alarms in a million: above the first a judge is asked, above the second nobody need be.
ASK, ALARM = 50_000, 10_000
#: A judge's score from which on it alarms.
JUDGED = 700_000


def step(score: int, part: Part = "both", weights: Weights | None = None, judged: int | None = None) -> Step:
    """Return what follows from a cheap monitor's score of an act, and from the judge's, if it was asked.

    Of benign runs like those the thresholds come from, at most one in a hundred alarms without a judge, and at most one in
    twenty has an act that the judge is asked about. A judge only decides what lies between: it cannot talk an alarm away.
    """
    chosen = weights or shipped()
    if score > chosen.above(part, ALARM):
        return "alarm"
    if score <= chosen.above(part, ASK):
        return "pass"
    if judged is None:
        return "ask"
    return "alarm" if judged >= JUDGED else "pass"
