"""``vigiles principals import``: register whom a file names, as ``principals export`` wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.runtime.approving.principals import Listed

_MOST_BYTES = 8 << 20


def run(home: Path, path: Path, *, as_json: bool) -> int:
    """Register all that are not registered so already; nothing, where the file holds something that cannot be.

    Raises :class:`InputInvalid`, :class:`Refused`, :class:`LedgerUnwritable`.
    """
    from vigiles.render.words import count
    from vigiles.runtime.approving.principals import add, listed, registered

    wanted = _read(path)
    known = {name: listed(one) for name, one in registered(home).items()}
    changed = [one for one in wanted if known.get(one.name) != one]
    for one in changed:
        add(home, one)
    if as_json:
        click.echo(json.dumps({"registered": [one.name for one in changed]}))
    else:
        click.echo(f"{count(len(changed), 'principal')} registered, {len(wanted) - len(changed)} as they were")
    return 0


def _read(path: Path) -> list[Listed]:
    import msgspec

    from vigiles.ledger.person_key import read_public
    from vigiles.runtime.approving import principals

    kind = dict[Literal["principals"], list[principals.Listed]]
    try:
        with open(path, "rb") as file:
            told = msgspec.json.decode(file.read(_MOST_BYTES), type=kind)["principals"]
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}", "Name a file of `principals export`.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        raise InputInvalid(f"{path} is no register: {error}", "Make one: vigiles principals export") from error
    keys = [read_public(one.key) for one in told if one.key is not None]
    if len(set(keys)) != len(keys) or len({one.name for one in told}) != len(told):
        raise InputInvalid(f"{path} has a name or a key twice", "Each principal stands once, with a key of its own.")
    return told


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@home_option
@json_option
def command(file: Path, home: Path, as_json: bool) -> int:
    """Register whom FILE names, keys included."""
    return run(home, file, as_json=as_json)
