"""``vigiles incident close``: say that an incident or a campaign is dealt with; recorded with who and why."""

from __future__ import annotations

from vigiles.cli.incident.said import Options, record, word_command


def run(options: Options) -> int:
    """Record it and say so. Raises :class:`NotFound`, :class:`InputInvalid`, :class:`Refused`, :class:`LedgerUnwritable`."""
    from vigiles.incidents.life_cycle import close

    return record(options, "close_incident", close)


command = word_command(
    "close", run, "What was found and done.", "Say that an incident is dealt with; something new of it opens it again."
)
