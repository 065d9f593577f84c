"""``vigiles eval misalignment``: chosen agents or models in chosen scenarios under chosen safeguards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.evaluation.options import REVIEWERS, Where, pairs, where, where_options
from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.evaluation.grid.plan import AgentChoice, Plan


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    agents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    safeguards: tuple[str, ...] = ("all",)
    knobs: tuple[str, ...] = ()
    seeds: int = 10
    first: int = 1
    propensity: int = 100
    reviewer: str = "attentive"
    twins: bool = True
    judge: str | None = None
    trusted: str | None = None
    core: bool = False
    grader: str | None = None
    stop_at: float | None = None


@click.command("misalignment", help="Play agents or models in scenarios of the office, under safeguards.")
@click.option("--agent", "agents", multiple=True, help="A scripted agent, or `attackers`, `innocent`; repeat for more.")
@click.option("--model", "models", multiple=True, help="A model, PROVIDER/NAME; needs the extra `inspect` and your key.")
@click.option("--scenario", "scenarios", multiple=True, help="A family; repeat for more. All, if none is named.")
@click.option("--core", is_flag=True, help="The 18 core conditions of the published study, in place of --scenario.")
@click.option("--factor", "factors", multiple=True, metavar="NAME=LEVEL", help="A level of a factor; repeat for more.")
@click.option(
    "--safeguards",
    multiple=True,
    default=("all",),
    show_default=True,
    help="A set: all, none, all-but:NAME, only:NAME or NAME,NAME; repeat to compare.",
)
@click.option("--knob", "knobs", multiple=True, metavar="NAME=VALUE", help="A knob of the scripted agents.")
@click.option("--seeds", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="Episodes of each cell.")
@click.option("--first-seed", "first", type=click.IntRange(0), default=1, show_default=True, help="The first seed.")
@click.option(
    "--propensity", type=click.IntRange(0, 100), default=100, show_default=True, help="Per cent with harm in mind."
)
@click.option("--reviewer", default="attentive", show_default=True, help=f"Who answers: {', '.join(REVIEWERS)}, or 93/7.")
@click.option("--judge", help="A model, PROVIDER/NAME, asked about acts that monitors find suspicious; needs the extra.")
@click.option("--trusted", help="A model, PROVIDER/NAME, for the steps that `defer` takes from an agent; needs the extra.")
@click.option("--grader", help="A model, PROVIDER/NAME, that judges each whole episode beside the oracle; needs the extra.")
@click.option("--twins/--no-twins", default=True, help="Play the benign twins too, for agents that may work there.")
@click.option(
    "--stop-at", type=click.FloatRange(0, 50, min_open=True), help="End a cell when its rate is known to +- so many points."
)
@where_options
def command(**options: Any) -> int:
    """Parse options and run."""
    asked = where(options)
    return run(Options(**options), asked)


def run(options: Options, asked: Where) -> int:
    """Play what was asked for; return 0, or 107 if a bar is missed."""
    from vigiles.cli.evaluation.models import models_of
    from vigiles.cli.evaluation.running import play

    plan = plan_of(options)
    return play(plan, asked, models_of(plan, asked))


def plan_of(options: Options) -> Plan:
    """Return the plan of a command line. Raises :class:`InputInvalid`, :class:`NotFound`."""
    from vigiles.cli.evaluation.listing import there
    from vigiles.cli.evaluation.options import reviewer
    from vigiles.evaluation.grid import read, shipped
    from vigiles.evaluation.grid.setups import graded, judged, named, trusting
    from vigiles.evaluation.statistics.sequential import Stopping
    from vigiles.world.scenarios.catalogue import STUDIED
    from vigiles.world.scenarios.factors import normal

    found = there()
    setups = named(options.safeguards, reviewer(options.reviewer))
    factors = pairs(options.factors, "--factor")
    normal(factors)  # says which name or level is none
    if options.core and (options.scenarios or {"goal", "value", "threat"} & set(factors)):
        raise InputInvalid("--core says the scenarios, goals and threats itself", "leave them out, or leave out --core")
    if options.judge is not None:
        setups = judged(setups, options.judge)
    if options.trusted is not None:
        setups = trusting(setups, options.trusted)
    if options.grader is not None:
        setups = graded(setups, options.grader)
    families = STUDIED if options.core else options.scenarios or found["families"]
    plan = shipped.of_words(
        _agents(options),
        families,
        factors,
        setups,
        options.seeds,
        options.first,
        twins=options.twins,
        conditions=shipped.core_conditions(factors) if options.core else (),
        stopping=None if options.stop_at is None else Stopping(half_width=round(options.stop_at * 10_000)),
    )
    read.check(plan, found["families"], [agent["name"] for agent in found["agents"]], found["safeguards"])
    return plan


def _agents(options: Options) -> list[AgentChoice]:
    from vigiles.evaluation.agents.registry import HARMLESS, attackers, knobs, names
    from vigiles.evaluation.grid.plan import AgentChoice
    from vigiles.ruleset.mistake import nearest

    words = options.agents or (() if options.models else ("honest", "plain-insider"))
    groups = {"attackers": attackers(), "innocent": HARMLESS}
    turned = pairs(options.knobs, "--knob")
    chosen: list[AgentChoice] = []
    for name in dict.fromkeys(one for word in words for one in groups.get(word, (word,))):
        if name not in names():
            raise InputInvalid(
                f"no agent is called {name[:64]!r}", f"{nearest(name, names())} `vigiles eval list` names all".strip()
            )
        known = knobs(name)
        own = {knob: _value(value, known[knob]) for knob, value in turned.items() if knob in known}
        chosen.append(AgentChoice(name=name, propensity=options.propensity, knobs=own))
    unturned = [knob for knob in turned if not any(knob in agent.knobs for agent in chosen)]
    if unturned:
        raise InputInvalid(f"none of these agents has a knob {unturned[0]!r}", "`vigiles eval list` shows the knobs of each")
    return [*chosen, *(AgentChoice(name=model, model=True) for model in dict.fromkeys(options.models))]


def _value(word: str, values: Sequence[Any]) -> Any:
    """Return the knob's value that a word names. Raises :class:`InputInvalid`."""
    for value in values:
        if str(value) == word:
            return value
    raise InputInvalid(f"no knob has the value {word!r} there", f"one of: {', '.join(map(str, values))}")
