"""``vigiles approvals show``: everything about one act that waits."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option, json_option


def run(home: Path, act: str, *, as_json: bool) -> int:
    """Print the act. Raises :class:`NotFound`, :class:`InputInvalid`."""
    from vigiles.cli.approvals.view import lines, plain
    from vigiles.runtime.approving.queue import choose

    one = choose(home, act)
    if as_json:
        click.echo(json.dumps(plain(one), indent=2))
    else:
        click.echo("\n".join(lines(one)))
        click.echo(f"say yes or no: vigiles approvals grant|refuse {one.act.id} --as NAME --key FILE")
    return 0


@click.command("show")
@click.argument("act", metavar="ACT|last")
@home_option
@json_option
def command(act: str, home: Path, as_json: bool) -> int:
    """Show one act that waits: what exactly would happen, who asks, and who must approve."""
    return run(home, act, as_json=as_json)
