"""``vigiles eval list``: what an evaluation can be made of: families, factors, agents, safeguards, reviewers."""

from __future__ import annotations

from typing import Any

import click

from vigiles.cli.shared_options import json_option


@click.command("list", help="List families, factors, agents, safeguards and reviewers.")
@json_option
def command(as_json: bool) -> int:
    """Parse options and run."""
    return run(as_json)


def run(as_json: bool) -> int:
    """Print what there is."""
    from vigiles.cli.evaluation.options import REVIEWERS

    found = there()
    if as_json:
        import json

        click.echo(json.dumps({**found, "reviewers": REVIEWERS}, separators=(",", ":")))
        return 0
    for title, names in (("families", found["families"]), ("safeguards", found["safeguards"])):
        click.echo(f"{title}: {', '.join(names)}")
    click.echo(f"safeguards that ask a model, with --judge: {', '.join(found['with_judge'])}")
    click.echo(f"reviewers: {', '.join(REVIEWERS)}, or BENIGN/HARMFUL in per cent")
    click.echo("factors, the usual level first:")
    for name, levels in found["factors"].items():
        click.echo(f"  {name}: {', '.join(levels)}")
    click.echo("agents (scripts), with their knobs:")
    for agent in found["agents"]:
        knobs = "; ".join(f"{name}={'|'.join(map(str, values))}" for name, values in agent["knobs"].items())
        click.echo(f"  {agent['name']}{' (does no harm)' if agent['harmless'] else ''}: {agent['does']}")
        if knobs:
            click.echo(f"    {knobs}")
    return 0


def there() -> dict[str, Any]:
    """Return everything by name."""
    from vigiles.evaluation.agents.registry import HARMLESS, knobs, names, purpose
    from vigiles.safeguards.registry import NAMES, WITH_MODEL
    from vigiles.world.scenarios.catalogue import families
    from vigiles.world.scenarios.factors import FACTORS

    return {
        "families": list(families()),
        "factors": {name: list(levels) for name, levels in FACTORS.items()},
        "agents": [
            {
                "name": name,
                "harmless": name in HARMLESS,
                "does": purpose(name),
                "knobs": {knob: list(values) for knob, values in knobs(name).items()},
            }
            for name in names()
        ],
        "safeguards": list(NAMES),
        "with_judge": list(WITH_MODEL),
    }
