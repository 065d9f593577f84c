"""``vigiles eval show FOLDER``: the figures of an evaluation that was played, or is still being played."""

from __future__ import annotations

from pathlib import Path

import click

from vigiles.cli.evaluation.options import Where


@click.command("show", help="Show what an evaluation found, or has found so far.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with the plot; - is standard output.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(folder: Path, html: Path | None, as_json: bool) -> int:
    """Parse options and run."""
    return run(folder, Where(html=html, json=as_json))


def run(folder: Path, where: Where) -> int:
    """Print the figures; return 0, or 107 if a bar is missed or episodes are missing. A folder may hold a search alone."""
    from vigiles.cli.evaluation.hunting import show_found
    from vigiles.cli.evaluation.running import show
    from vigiles.evaluation.grid.folder import PLAN
    from vigiles.evaluation.search.worst import kept

    found = [] if (folder / PLAN).exists() else kept(folder)
    return show_found(folder, found, where) if found else show(folder, where)
