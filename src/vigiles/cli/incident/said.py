"""What commands have in common by which a person says a word on an incident: find it, record the word, answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.shared_options import home_option, json_option

if TYPE_CHECKING:
    from vigiles.model.incident import Incident
    from vigiles.model.stamp import Stamp

    #: (incident, when, who, reason) -> the version that says so.
    Change = Callable[[Incident, Stamp, str, str], Incident]


@dataclass(frozen=True)
class Options:
    """``incident``: an id, or an unambiguous beginning of one; ``reason``: what the record will say."""

    home: Path
    incident: str
    reason: str
    as_json: bool = False


def record(options: Options, tool: str, change: Change, expires_us: int | None = None) -> int:
    """Record what ``change`` makes of the incident, as act ``tool``, and say so.

    Raises :class:`NotFound`, :class:`InputInvalid`, :class:`Refused`, :class:`LedgerUnwritable`.
    """
    from vigiles.cli.incident.choice import find
    from vigiles.ledger.query import LedgerReader
    from vigiles.runtime.approving.incident_word import speak

    with LedgerReader(options.home) as reader:
        _, incident = find(reader, options.incident)
    reason = options.reason
    say(
        speak(options.home, incident, tool, reason, lambda at, who: change(incident, at, who, reason), expires_us),
        options.as_json,
    )
    return 0


def word_command(name: str, run: Callable[[Options], int], asked: str, help: str) -> click.Command:
    """Return the command that takes an incident and a reason; ``asked`` explains the reason."""

    @click.command(name, help=help)
    @click.argument("incident", metavar="ID")
    @click.option("--reason", required=True, metavar="TEXT", help=asked)
    @home_option
    @json_option
    def command(incident: str, reason: str, home: Path, as_json: bool) -> int:
        return run(Options(home, incident, reason, as_json))

    return command


def say(version: Incident, as_json: bool) -> None:
    """Print the version that was recorded: one line, or the record as JSON."""
    import msgspec

    from vigiles.render.text import safe
    from vigiles.render.words import moment

    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(version), indent=2))
        return
    until = f" until {moment(version.expires_us)}" if version.expires_us is not None else ""
    click.echo(
        f"{version.incident} is {version.state}{until}, by {safe(version.by or '', 40)}: {safe(version.note or '', 200)}"
    )
