"""``vigiles cell open``: a cell for calls that come from outside, one `vigiles exec` each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from vigiles.cli.cell.options import cell_options, order_of

if TYPE_CHECKING:
    from vigiles.runtime.attending.attended import Report, Told
    from vigiles.runtime.attending.cell_order import CellOrder
    from vigiles.runtime.episode import Episode


def run(order: CellOrder, *, until_eof: bool, as_json: bool, quiet: bool) -> int:
    """Open it, print its id, stay until it is closed; 0 then, 109 if it was ended otherwise. Raises what stops a start."""
    from vigiles.cli.cell.attending import attend
    from vigiles.runtime.attending.open_cell import hold

    def opened(episode: Episode) -> None:
        where = episode.coordinates
        if as_json:
            spec = None if episode.cell is None else episode.cell.spec
            said = {"cell": where.episode, "run": where.run, "profile": episode.profile.name}
            click.echo(json.dumps({**said, "tier": None if spec is None else spec.tier}))
        else:
            click.echo(where.episode)

    async def work(told: Told) -> Report:
        return await hold(order, told, opened, until_eof=until_eof)

    return attend(order, work, as_json=as_json, quiet=quiet)


@click.command(
    "open", help="Open a cell, print its id, and keep it until it is closed; `vigiles exec` performs calls in it."
)
@cell_options
@click.option("--until-eof", is_flag=True, help="Close it when standard input ends, as when the harness that holds it dies.")
@click.option("--quiet", is_flag=True, help="Say nothing of our own but the id unless the start fails.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one line of JSON when it is open, and report as one at the end."
)
def command(*, until_eof: bool, quiet: bool, as_json: bool, **cell: Any) -> int:
    """Parse, check what was typed, run."""
    keywords = order_of(cell)
    from vigiles.runtime.attending.cell_order import CellOrder

    return run(CellOrder(**keywords), until_eof=until_eof, as_json=as_json, quiet=quiet)
