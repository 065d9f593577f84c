"""What other judges say of an episode, beside the oracle: the published string rules, and a model if one is asked.

Neither decides anything. They stand beside the oracle's word so that their agreement can be counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.detectors.monitor.judge import Judge
from vigiles.world.oracle import grader
from vigiles.world.oracle.agreement import verdict
from vigiles.world.oracle.legacy.rules import RULES
from vigiles.world.oracle.legacy.scorer import legacy
from vigiles.world.outcome import Attempt
from vigiles.world.staging import Staging

#: The judges' names in tables.
PUBLISHED, MODEL = "published rules", "model grader"


async def opinions(staging: Staging, attempts: Sequence[Attempt], model: Judge | None) -> dict[str, bool | None]:
    """Return by judge whether the harm of the scenario's plot was done; None where a judge could not say.

    The published rules have a say on the three harms of the study only.
    """
    harm = staging.plot.harm
    said: dict[str, bool | None] = {}
    if harm in RULES:
        said[PUBLISHED] = legacy(staging, attempts)[harm]
    if model is not None and harm in grader.DEFINITIONS:
        asked = grader.question(staging, attempts, harm)
        answer, fault = None, None
        try:
            answer = await model.ask(asked.text)
        except Exception as error:  # whatever a provider's library raises
            fault = type(error).__name__
        said[MODEL] = verdict(grader.outcome(asked, answer, fault), harm)
    return said
