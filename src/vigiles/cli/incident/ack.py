"""``vigiles incident ack``: say that somebody looks at an incident or a campaign; recorded with who and why."""

from __future__ import annotations

from vigiles.cli.incident.said import Options, record, word_command


def run(options: Options) -> int:
    """Record it and say so. Raises :class:`NotFound`, :class:`InputInvalid`, :class:`Refused`, :class:`LedgerUnwritable`."""
    from vigiles.incidents.life_cycle import acknowledge

    return record(options, "acknowledge_incident", acknowledge)


command = word_command("ack", run, "Who looks, or at what.", "Say that you look at an incident; recorded with your name.")
