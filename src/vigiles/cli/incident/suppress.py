"""``vigiles incident suppress``: keep an incident or a campaign quiet for a time; recorded with who and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from vigiles.cli.incident import said
from vigiles.cli.shared_options import home_option, json_option
from vigiles.model.errors import InputInvalid

_SPAN = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
#: Nobody remembers why after longer.
_LONGEST_S = 366 * 86_400


@dataclass(frozen=True)
class Options:
    """``until`` is a UTC date or time, ``span`` a number with m, h or d; exactly one is given."""

    home: Path
    incident: str
    reason: str
    until: str | None = None
    span: str | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Record it and say so. Raises :class:`NotFound`, :class:`InputInvalid`, :class:`Refused`, :class:`LedgerUnwritable`."""
    from vigiles.incidents.life_cycle import suppress
    from vigiles.ledger.mint import now

    expires_us = end_of(options.until, options.span, now().wall_us)
    word = said.Options(options.home, options.incident, options.reason, options.as_json)
    return said.record(word, "suppress_incident", partial(suppress, expires_us=expires_us), expires_us)


def end_of(until: str | None, span: str | None, now_us: int) -> int:
    """Return the end of a suppression, wall clock, microseconds. Raises :class:`InputInvalid`."""
    from datetime import UTC, datetime

    if (until is None) == (span is None):
        raise InputInvalid("a suppression needs one end", "Give either --for 7d or --until 2030-01-31.")
    if span is not None:
        told = _SPAN.fullmatch(span)
        if told is None:
            raise InputInvalid(f"{span!r} is no span of time", "Write a number with m, h or d: 90m, 12h, 7d.")
        expires_us = now_us + int(told[1]) * _SECONDS[told[2]] * 1_000_000
    else:
        try:
            at = datetime.fromisoformat(until or "")
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            expires_us = int(at.timestamp()) * 1_000_000
        except (ValueError, OverflowError):
            raise InputInvalid(f"{until!r} is no time", "Write 2030-01-31 or 2030-01-31T18:00 (UTC).") from None
    if expires_us > now_us + _LONGEST_S * 1_000_000:
        raise InputInvalid("a suppression lasts a year at most", "Give an earlier end, and look at it again then.")
    return expires_us


@click.command("suppress")
@click.argument("incident", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why nobody needs to hear of it.")
@click.option("--for", "span", metavar="SPAN", help="How long, for example 90m, 12h or 7d.")
@click.option("--until", metavar="TIME", help="Until when, UTC: 2030-01-31 or 2030-01-31T18:00.")
@home_option
@json_option
def command(incident: str, reason: str, span: str | None, until: str | None, home: Path, as_json: bool) -> int:
    """Keep an incident quiet for a time; it comes back by itself, or when it gets worse."""
    return run(Options(home=home, incident=incident, reason=reason, until=until, span=span, as_json=as_json))
