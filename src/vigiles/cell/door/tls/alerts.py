"""What a client whose handshake waits is told instead of an answer: alerts of TLS, in clear (RFC 8446 section 6)."""

from __future__ import annotations

from vigiles.cell.door.wire import Wire

HANDSHAKE_FAILURE, NO_APPLICATION_PROTOCOL = 40, 120
_BAD_CERTIFICATE = 42
#: What is wrong with a host's certificate -> the alert that says so.
_ALERTS = {"expired": 45, "not_yet_valid": 45, "unknown_ca": 48}


def alert(client: Wire, what: int) -> None:
    """Send a fatal alert and close."""
    client.offer(bytes([21, 3, 3, 0, 2, 2, what]))
    client.close()


def certificate_alert(fault: str) -> int:
    """Return the alert for a host's certificate that does not hold."""
    return _ALERTS.get(fault, _BAD_CERTIFICATE)
