"""``settings.toml`` in the home: what a person has set for it, in tables that several rooms read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid

Table = Literal["sinks", "notify", "readers"]
#: Tables that a settings file may have: where checkpoints go, who is told of incidents, and who may read what.
TABLES: tuple[Table, ...] = ("sinks", "notify", "readers")


def load_table(home: Home, table: Table) -> dict[str, Any]:
    """Return what stands in a table, by the names in it; nothing without a settings file.

    Raises :class:`InputInvalid` for a file that cannot be read, and for a table that nobody reads.
    """
    path = home.settings
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(f"cannot read {path}: {error}", "Make it a readable UTF-8 text file, or remove it.") from error
    import tomllib

    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputInvalid(f"{path} is not TOML: {error}", "Correct that line.") from error
    for key in told:
        if key not in TABLES:
            raise wrong(path, key, "no such table", f"Tables: {', '.join(TABLES)}.")
    named = told.get(table, {})
    if not isinstance(named, dict):
        raise wrong(
            path,
            table,
            "not a table",
            f"Write one table for each: [{table}.NAME]." if table != "readers" else "Write [readers].",
        )
    return named


def wrong(path: Path, key: str, what: str, remedy: str) -> InputInvalid:
    """Return the error for a key of the file."""
    return InputInvalid(f"{path}: {key}: {what}", remedy)
