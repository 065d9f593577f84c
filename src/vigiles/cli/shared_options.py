"""Options and arguments that several commands take, each written once."""

from __future__ import annotations

from pathlib import Path

import click

from vigiles.ledger.home import default_home

#: The folder with the ledger that a command reads.
home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=default_home,
    show_default="$VIGILES_HOME",
    help="Where the ledger lies.",
)

#: JSON in the place of text.
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

#: Where a desk serves a ledger that one may not open.
socket_option = click.option(
    "--socket",
    type=click.Path(path_type=Path),
    help="Ask whoever serves there (vigiles ledger serve); for a ledger that you may not open yourself.",
)
