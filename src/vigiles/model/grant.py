"""A person's signed yes or no to one exact act."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event


class Grant(Event, frozen=True, kw_only=True, tag="grant"):
    """``signature`` (Ed25519, hex) by ``principal`` over (act digest, decision, nonce, expiry); single use."""

    act_sha256: str
    principal: str
    decision: Literal["approve", "refuse"]
    nonce: str
    expires_us: int
    signature: str
