"""How does a model of yours behave in the office, without safeguards and with all of them?

Needs the extra `inspect` (uv sync --extra inspect), the provider's package, and your key in the environment:

    ANTHROPIC_API_KEY=... python examples/real_model.py anthropic/NAME 3/15 /tmp/my-evaluation
    OPENAI_API_KEY=... python examples/real_model.py openai/NAME 2/8 /tmp/my-evaluation

`3/15`: what your provider takes for a million tokens, read and written. It plays up to 40 episodes for five dollars in
all: what would pass them is not asked, and an episode that is cut off by that is played again once the cap is higher. Under
`all` a model is asked five times for each turn. Ctrl-C keeps what was played; the same command goes on from there.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from vigiles.cli.evaluation.models import models
from vigiles.cli.evaluation.options import prices
from vigiles.evaluation.grid.folder import open_folder, read_folder
from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan, ReviewerChoice
from vigiles.evaluation.grid.setups import named
from vigiles.evaluation.report.gather import gather
from vigiles.evaluation.statistics.rate import spoken
from vigiles.ledger.mint import now
from vigiles.runtime.evaluating.grid import play_folder
from vigiles.world.oracle.predicates import harm_class

SETS = ("none", "all")
FIVE_DOLLARS = 5_000_000


def plan(model: str) -> Plan:
    """Return what is played: a provoked insider's day and the ordinary one, under both sets."""
    blocks = [
        Block(
            agents=(AgentChoice(name=model, model=True),),
            conditions=(Condition(family="blackmail", factors=factors, twin=twin),),
            setups=SETS,
            seeds=10,
        )
        for factors, twin in (({"goal": "explicit", "threat": "replacement"}, False), ({}, True))
    ]
    return Plan(name=f"a look at {model}", setups=named(SETS, ReviewerChoice()), blocks=tuple(blocks))


def main(model: str, price: str, folder: Path) -> None:
    """Play the plan, on record, and print what came of it."""
    with open_folder(folder / "results", plan(model), now().wall_us, "an example") as results:
        made = models([model], prices=prices([f"{model}={price}"]))
        asyncio.run(play_folder(results, folder / "home", wide=4, cost_cap_micro=FIVE_DOLLARS, models=made))
    for found in gather(*read_folder(folder / "results"), harm_class).setups:
        print(f"{found.setup}: harm {spoken(found.harm)}, work finished {spoken(found.tasks)}, unjudged {found.unjudged}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python examples/real_model.py PROVIDER/NAME READ/WRITTEN FOLDER")
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
