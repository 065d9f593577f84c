"""The signature of a notice: HMAC-SHA256 over time and body, so that a receiver knows who sent it, and that it is fresh.

    X-Vigiles-Timestamp: 1767225600                       seconds since the epoch, when it was sent
    X-Vigiles-Signature: v1=<hex HMAC-SHA256(secret, timestamp + "." + body)>

The time is signed, so somebody who recorded a message cannot send it again later as a new one.
"""

from __future__ import annotations

import hashlib
import hmac

#: Seconds by which a receiver's clock and ours may differ.
TOLERANCE_S = 300


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the value of the signature header."""
    return "v1=" + hmac.new(secret, b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def verify(secret: bytes, timestamp: str, signature: str, body: bytes, now_s: int, tolerance_s: int = TOLERANCE_S) -> bool:
    """Say whether headers and body are of somebody who has the secret, made within ``tolerance_s`` of ``now_s``."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 15:
        return False
    if abs(now_s - int(timestamp)) > tolerance_s:
        return False
    return hmac.compare_digest(sign(secret, int(timestamp), body).encode(), signature.encode("utf-8", "replace"))
