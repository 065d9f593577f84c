"""The Python API: open an episode, perform calls, read what was seen. Async here, the same without async in ``sync``.

    async with vigiles.api.open_episode(profile="rl-rollout", workdir=Path("work")) as episode:
        outcome = await episode.call(["python3", "-m", "pytest"], label="tool-call-17")
        outcome.verdict.decision, outcome.exit_code, outcome.stdout
        episode.findings(outcome.call), episode.feedback(outcome.call).value
        async with episode.shell() as shell:
            await shell.run("cd src; make")

An **episode** is one cell under one profile; a **call** is one process in it, an **act** any other thing that must be
judged and recorded before it is done. Both give an **outcome**. A **shell** remembers from one call to the next. Nothing
here raises for a refusal: a refusal is an answer. What raises is what stopped the start or the ledger
(:mod:`vigiles.model.errors`).
"""

from vigiles.runtime.beginning.opening import open_episode
from vigiles.runtime.episode import Episode
from vigiles.runtime.outcome import Outcome
from vigiles.runtime.services import Services
from vigiles.runtime.shells.shell import Shell, ShellOutcome

__all__ = ["Episode", "Outcome", "Services", "Shell", "ShellOutcome", "open_episode"]
