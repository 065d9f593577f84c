"""What a person may do with an incident. Each step is a new version; nothing is ever removed."""

from __future__ import annotations

import msgspec

from vigiles.model.errors import InputInvalid
from vigiles.model.incident import Incident
from vigiles.model.stamp import Stamp


def acknowledge(incident: Incident, at: Stamp, note: str | None = None) -> Incident:
    """Return the version that says somebody is looking at it. Raises :class:`InputInvalid` for a closed incident."""
    if incident.state == "closed":
        raise InputInvalid(f"{incident.incident} is closed", "A new finding opens it again; nothing is to be acknowledged.")
    return _version(incident, at, state="acknowledged", note=note or incident.note)


def suppress(incident: Incident, at: Stamp, note: str, expires_us: int) -> Incident:
    """Return the version that keeps quiet until ``expires_us`` (wall clock).

    Raises :class:`InputInvalid` without a reason, or with an expiry that is not ahead: nothing is suppressed for ever.
    """
    if not note.strip():
        raise InputInvalid("a suppression needs a reason", "Say why this is to be kept quiet.")
    if expires_us <= at.wall_us:
        raise InputInvalid("a suppression needs an end that lies ahead", "Give a later time.")
    return _version(incident, at, state="suppressed", note=note, expires_us=expires_us)


def close(incident: Incident, at: Stamp, note: str) -> Incident:
    """Return the version that says it is dealt with. Raises :class:`InputInvalid` without a reason."""
    if not note.strip():
        raise InputInvalid("closing an incident needs a reason", "Say what was found and done.")
    return _version(incident, at, state="closed", note=note, expires_us=None)


def present_state(incident: Incident, now_us: int) -> str:
    """Return the state at ``now_us`` (wall clock): a suppression that has run out is ``open`` again."""
    over = incident.state == "suppressed" and incident.expires_us is not None and incident.expires_us <= now_us
    return "open" if over else incident.state


def _version(incident: Incident, at: Stamp, **changes: object) -> Incident:
    version = incident.version + 1
    return msgspec.structs.replace(incident, id=f"{incident.incident}.{version}", version=version, at=at, **changes)
