"""What a cell would have of the host, as a table, as JSON, and as lines before a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigiles.model.preflight import Exposure

#: Lines before a run, and places in one of them; the rest is counted.
_LINES, _PLACES = 10, 3


def run(profile: str, folder: Path, home: Path, *, as_json: bool) -> int:
    """Examine a profile and a work directory without a start; print. Return 0, or 112 where a start would be refused."""
    import secrets

    import msgspec

    from vigiles.ledger.home import Home
    from vigiles.ledger.home_secret import load_or_make_secret
    from vigiles.model.errors import Exposed
    from vigiles.render.text import safe
    from vigiles.ruleset.load import load_profile
    from vigiles.runtime.outfitting import outfit
    from vigiles.runtime.preflight.examine import examine
    from vigiles.runtime.preflight.secret_files import THOROUGH

    chosen = load_profile(profile).profile
    spec = outfit.cell_spec(chosen, "", "", folder, extra_read=[])
    key = load_or_make_secret(home) if Home(home).secret.exists() else secrets.token_bytes(32)
    record = examine(chosen, spec, key, limits=THOROUGH)
    if as_json:
        sys.stdout.write(msgspec.json.encode(record).decode() + "\n")
    else:
        _table(record.exposures)
        much = "everything" if record.complete else "as much as the limits allow"
        sys.stdout.write(f"read in search of secrets: {record.files} files, {record.bytes} bytes, {much}\n")
        if record.unread:
            sys.stdout.write(f"not looked at, or not all of it: {safe(', '.join(record.unread), 1000)}\n")
    return Exposed.exit_code if any(one.action == "refuse" for one in record.exposures) else 0


def lines(exposures: Sequence[Exposure]) -> list[str]:
    """Return what is said before a run, one line each; not what is the same for every run on this machine."""
    from vigiles.render.text import safe
    from vigiles.runtime.preflight.examine import place

    alike: dict[tuple[str, str], list[str]] = {}
    for one in exposures:
        if one.kind != "privileged":
            alike.setdefault((one.kind, one.what), []).append(safe(place(one)))
    told = [f"the cell has {what}: {_some(places)} ({kind})" for (kind, what), places in alike.items()]
    if len(told) > _LINES:
        told[_LINES:] = [f"(+{len(told) - _LINES} more: vigiles ledger query --type preflight)"]
    return told


def _some(places: Sequence[str]) -> str:
    more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return ", ".join(places[:_PLACES]) + more


def _table(exposures: Sequence[Exposure]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from vigiles.render.text import safe
    from vigiles.runtime.preflight.examine import REMEDIES, place

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    if not exposures:
        console.print("nothing found that the profile does not ignore")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="")
    for title in ("ACTION", "KIND", "WHERE", "WHAT"):
        table.add_column(title, no_wrap=title in ("ACTION", "KIND"), overflow="fold")
    for one in exposures:
        table.add_row(one.action, one.kind, Text(safe(place(one))), Text(one.what))
    console.print(table)
    console.print()
    for kind in dict.fromkeys(one.kind for one in exposures):
        console.print(Text(f"  {kind}: {REMEDIES[kind]}"), soft_wrap=True)
