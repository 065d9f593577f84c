"""What training is told about one call: the worst of its refusals and findings.

The order is nothing < mask < unscored < penalty < drop, and why:

- ``nothing`` says only that nothing is to be said, so anything beats it;
- ``mask`` takes the call's tokens out of the loss and leaves the reward as the task gave it;
- ``unscored`` is more: the reward itself cannot be trusted, because the episode was frozen, ended or not judged;
- ``penalty`` beats ``unscored``: otherwise an agent that violates a rule and is stopped for it would pay nothing, and
  getting stopped would be a way out of the penalty;
- ``drop`` beats all: the fault is ours and the evidence incomplete, so no number of this episode should reach training,
  a penalty least of all, since nobody could prove it.
"""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.model.feedback import DEFAULT_FEEDBACK, FeedbackValue
from vigiles.model.reason import REASON_CODES
from vigiles.ruleset.profile import Profile

ORDER: tuple[FeedbackValue, ...] = ("nothing", "mask", "unscored", "penalty", "drop")


def worst(values: Sequence[FeedbackValue]) -> FeedbackValue:
    """Return the worst of ``values``; ``nothing`` for none."""
    return max(values, key=ORDER.index, default="nothing")


def feedback_for(profile: Profile, reasons: Sequence[str], finding_rules: Sequence[str]) -> FeedbackValue:
    """Return the feedback for a call with these reason codes and the ids of the rules whose findings name it.

    The profile's ``[feedback]`` comes first, by exact key. A reason code then has its default (``nothing`` if none); a
    code that we do not know is our own fault, hence ``unscored``. A finding rule that the profile does not name adds
    nothing: what was refused has its reason code, and a detector enters the reward only where the profile says so.
    """
    values: list[FeedbackValue] = []
    for reason in reasons:
        unknown: FeedbackValue = "nothing" if reason in REASON_CODES else "unscored"
        values.append(profile.feedback.get(reason, DEFAULT_FEEDBACK.get(reason, unknown)))
    values.extend(profile.feedback.get(rule, "nothing") for rule in finding_rules)
    return worst(values)
