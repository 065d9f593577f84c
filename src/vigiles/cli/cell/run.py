"""``vigiles run -- COMMAND``: any command, for example your own agent, in a cell."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.cell.options import cell_options, order_of

if TYPE_CHECKING:
    from vigiles.runtime.attending.agent_run import Order


def run(order: Order, *, as_json: bool, quiet: bool) -> int:
    """Run it, report on standard error, return the exit code: the command's own, or one of ours from 100 on."""
    from vigiles.cli.cell.attending import attend
    from vigiles.runtime.attending import agent_run

    return attend(order, partial(agent_run.run, order), as_json=as_json, quiet=quiet)


@click.command(
    "run",
    help="Run COMMAND, for example your own agent, in a cell. Its exit code is passed through.",
    context_settings={"allow_interspersed_args": False},
)
@cell_options
@click.option("--quiet", is_flag=True, help="Say nothing of our own unless the start fails.")
@click.option("--json", "as_json", is_flag=True, help="Report as one line of JSON on standard error.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(command: tuple[str, ...], *, quiet: bool, as_json: bool, **cell: Any) -> int:
    """Parse, check what was typed, run."""
    keywords = order_of(cell)
    from vigiles.runtime.attending.agent_run import Order

    return run(Order(argv=list(command), **keywords), as_json=as_json, quiet=quiet)
