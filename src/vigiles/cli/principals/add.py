"""``vigiles principals add``: register who may approve or sign, with the public key that proves it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import click

from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import InputInvalid

KINDS = ("person", "agent", "job", "service")


@dataclass(frozen=True)
class Options:
    """``key``: a public key or a file with one; ``users``: logins as which this person runs agents."""

    home: Path
    name: str
    kind: Literal["person", "agent", "job", "service"] = "person"
    key: str | None = None
    users: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    as_json: bool = False


def run(options: Options) -> int:
    """Register. Raises :class:`InputInvalid`, :class:`Refused`, :class:`LedgerUnwritable`."""
    import msgspec

    from vigiles.ledger.person_key import read_public
    from vigiles.render.text import safe
    from vigiles.runtime.approving.principals import USERS, Listed, add, listed

    attributes = {**options.attributes, **({USERS: ",".join(options.users)} if options.users else {})}
    key = None if options.key is None else read_public(options.key)
    made = add(options.home, Listed(name=options.name, kind=options.kind, attributes=attributes, key=key))
    if options.as_json:
        click.echo(json.dumps(msgspec.to_builtins(listed(made))))
    else:
        click.echo(f"{safe(made.name, 64)} is registered as {made.kind}, {'with' if made.key else 'without'} a key")
    return 0


@click.command("add")
@click.argument("name")
@click.option("--key", metavar="KEY", help="The public key, or a file with it: hex, an ssh-ed25519 line, or PEM.")
@click.option("--kind", type=click.Choice(KINDS), default="person", show_default=True, help="What it is.")
@click.option("--user", "users", multiple=True, metavar="LOGIN", help="A login as which this person runs agents.")
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="For rules: principal.getTag(NAME).")
@home_option
@json_option
def command(
    name: str,
    key: str | None,
    kind: Literal["person", "agent", "job", "service"],
    users: tuple[str, ...],
    attributes: tuple[str, ...],
    home: Path,
    as_json: bool,
) -> int:
    """Register a principal, or change the key or attributes of one."""
    pairs = [word.partition("=") for word in attributes]
    if not all(head and sign for head, sign, _ in pairs):
        raise InputInvalid("an attribute is NAME=VALUE", "For example: --attribute team=red")
    return run(Options(home, name, kind, key, users, {head: value for head, _, value in pairs}, as_json))
