"""What a person may do with an incident. Each step is a new version that says who and why; nothing is ever removed."""

from __future__ import annotations

import msgspec

from vigiles.model.errors import InputInvalid
from vigiles.model.incident import Incident
from vigiles.model.stamp import Stamp


def acknowledge(incident: Incident, at: Stamp, by: str, note: str) -> Incident:
    """Return the version that says ``by`` is looking at it. Raises :class:`InputInvalid` for a closed incident."""
    if incident.state == "closed":
        raise InputInvalid(f"{incident.incident} is closed", "A new finding opens it again; nothing is to be acknowledged.")
    _reason(note, "Say who looks, or at what.")
    return _version(incident, at, state="acknowledged", by=by, note=note, expires_us=None)


def suppress(incident: Incident, at: Stamp, by: str, note: str, expires_us: int) -> Incident:
    """Return the version that keeps quiet until ``expires_us`` (wall clock).

    Raises :class:`InputInvalid` without a reason, with an expiry that is not ahead (nothing is suppressed for ever), and
    for a closed incident.
    """
    if incident.state == "closed":
        raise InputInvalid(f"{incident.incident} is closed", "It is quiet already, until something new is found.")
    _reason(note, "Say why this is to be kept quiet.")
    if expires_us <= at.wall_us:
        raise InputInvalid("a suppression needs an end that lies ahead", "Give a later time.")
    return _version(incident, at, state="suppressed", by=by, note=note, expires_us=expires_us)


def close(incident: Incident, at: Stamp, by: str, note: str) -> Incident:
    """Return the version that says it is dealt with. Raises :class:`InputInvalid` without a reason, or if it is closed."""
    if incident.state == "closed":
        raise InputInvalid(f"{incident.incident} is closed already", f"By {incident.by or 'nobody'}: {incident.note or '-'}")
    _reason(note, "Say what was found and done.")
    return _version(incident, at, state="closed", by=by, note=note, expires_us=None)


def present_state(incident: Incident, now_us: int) -> str:
    """Return the state at ``now_us`` (wall clock): a suppression that has run out is ``open`` again."""
    over = incident.state == "suppressed" and incident.expires_us is not None and incident.expires_us <= now_us
    return "open" if over else incident.state


def _reason(note: str, remedy: str) -> None:
    if not note.strip():
        raise InputInvalid("this needs a reason", remedy)


def _version(incident: Incident, at: Stamp, **changes: object) -> Incident:
    version = incident.version + 1
    # The running episode numbers its versions by itself and may be at this number too: the time keeps the ids apart.
    name = f"{incident.incident}.{version}.{at.wall_us:x}"
    return msgspec.structs.replace(incident, id=name, version=version, at=at, rescan=None, **changes)
