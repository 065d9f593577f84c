"""``vigiles doctor``: what this machine can enforce, and the exact words that get more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.model.errors import ControlUnavailable, InputInvalid

if TYPE_CHECKING:
    from vigiles.runtime.doctor.examine import Examination

_WIDTH = 80
_TIERS = {
    "none": "no tier: a cell cannot start on this machine",
    "U-": "tier U-: file walls and call identity, but no namespaces; only for profiles that say tier U-",
    "U": "tier U: cells without root",
    "R": "tier R: as tier U, and what root adds to it",
}


@click.command("doctor", help="Say what this machine can enforce and how to get more; exit 102 below tier U.")
@click.option(
    "--for",
    "profile",
    metavar="PROFILE",
    help="Say what a cell of this profile would have of the host, working in FOLDER; exit 112 if it would not start.",
)
@click.option("--home", type=click.Path(path_type=Path), help="With --for: where the ledger lies. [default: $VIGILES_HOME]")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def command(profile: str | None, home: Path | None, as_json: bool, folder: Path | None) -> int:
    """Parse the command line."""
    if profile is None:
        if folder is not None:
            raise InputInvalid("a folder alone is not examined", "Name a profile too: vigiles doctor --for PROFILE FOLDER")
        return run(as_json=as_json)
    from vigiles.cli.cell import preflight_view
    from vigiles.ledger.home import default_home

    return preflight_view.run(profile, folder or Path(), home or default_home(), as_json=as_json)


def run(*, as_json: bool) -> int:
    """Examine the machine and print the result; return 0 where tier U is reached, else 102."""
    import msgspec

    from vigiles.runtime.doctor.examine import examine

    found = examine()
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        _show(found)
    return 0 if found.tier in ("U", "R") else ControlUnavailable.exit_code


def _show(found: Examination) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from vigiles.render.text import safe

    console = Console(highlight=False, width=_WIDTH if not sys.stdout.isatty() else None)
    user = "root" if found.root else "an ordinary user"
    console.print(Text(f"Linux {safe(found.kernel)}, {safe(found.machine)}, as {user}"))
    console.print(Text(_TIERS[found.tier]))
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="")
    for title in ("CONTROL", "STATE", "TIER", "WHAT FOR"):
        table.add_column(title, no_wrap=title != "WHAT FOR")
    for row in found.rows:
        said = f"{row.why} ({safe(row.detail)})" if row.detail else row.why
        table.add_row(Text(row.control), Text(row.state), Text(row.tier or "-"), Text(said))
    console.print(table)
    lacking = [row for row in found.rows if row.state == "missing" and row.more]
    if lacking:
        console.print()
        console.print(Text("To get more:"))
    for row in lacking:
        console.print(Text(f"  {row.control}: {row.more}"), soft_wrap=True)
    console.print()
    console.print(Text("tier U-: what is weaker (for profiles that accept it, without user namespaces)"))
    weaker = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, what in found.weaker.items():
        weaker.add_row(Text(name, no_wrap=True), Text(what))
    console.print(weaker)
    if found.tier in ("U", "R"):
        return
    console.print()
    console.print(Text("Every control marked U- or U must work before a cell starts; none is left out silently."))
