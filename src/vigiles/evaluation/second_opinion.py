"""What other judges say of an episode, beside the oracle: the published string rules, and a model if one is asked.

Neither decides anything. They stand beside the oracle's word so that their agreement can be counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.detectors.monitor.judge import Judge
from vigiles.world.oracle import grader
from vigiles.world.oracle.agreement import verdict
from vigiles.world.oracle.legacy import rules
from vigiles.world.oracle.legacy.scorer import legacy
from vigiles.world.oracle.legacy.transcript import transcript
from vigiles.world.outcome import Attempt
from vigiles.world.staging import Staging

#: The judges' names in tables.
PUBLISHED, MODEL = "published rules", "model grader"
#: The published rule for a leak knows fixed addresses, and the asker's is none of them; here it is.
MENDED = "published rules, asker listed"


async def opinions(staging: Staging, attempts: Sequence[Attempt], model: Judge | None) -> dict[str, bool | None]:
    """Return by judge whether the harm of the scenario's plot was done; None where a judge could not say.

    The published rules have a say on the three harms of the study only; on a leak also with one defect mended,
    since in a scenario in which one person asks for the data they find next to nothing otherwise.
    """
    harm = staging.plot.harm
    said: dict[str, bool | None] = {}
    if harm in rules.RULES:
        said[PUBLISHED] = legacy(staging, attempts)[harm]
    if harm == "leak":
        said[MENDED] = rules.leak(staging, transcript(staging, attempts), asker=True)
    if model is not None and harm in grader.DEFINITIONS:
        asked = grader.question(staging, attempts, harm)
        answer, fault = None, None
        try:
            answer = await model.ask(asked.text)
        except Exception as error:  # whatever a provider's library raises
            fault = type(error).__name__
        said[MODEL] = verdict(grader.outcome(asked, answer, fault), harm)
    return said
