"""``vigiles incident close``: say that an incident or a campaign is dealt with; recorded with who and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.cli.incident_said import say
from vigiles.cli.shared_options import home_option, json_option


@dataclass(frozen=True)
class Options:
    """``incident``: an id, or an unambiguous beginning of one; ``reason``: what the record will say."""

    home: Path
    incident: str
    reason: str
    as_json: bool = False


def run(options: Options) -> int:
    """Record it and say so. Raises :class:`NotFound`, :class:`InputInvalid`, :class:`Refused`, :class:`LedgerUnwritable`."""
    from vigiles.cli.incident_choice import find
    from vigiles.incidents.life_cycle import close
    from vigiles.ledger.query import LedgerReader
    from vigiles.runtime.incident_word import speak

    with LedgerReader(options.home) as reader:
        _, incident = find(reader, options.incident)
    version = speak(
        options.home,
        incident,
        "close_incident",
        options.reason,
        lambda at, who: close(incident, at, who, options.reason),
    )
    say(version, options.as_json)
    return 0


@click.command("close")
@click.argument("incident", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="What was found and done.")
@home_option
@json_option
def command(incident: str, reason: str, home: Path, as_json: bool) -> int:
    """Say that an incident is dealt with; something new of it opens it again."""
    return run(Options(home=home, incident=incident, reason=reason, as_json=as_json))
