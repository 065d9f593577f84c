"""Erasing a body: signed, recorded, and the only lawful reason for a body to be missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.mint import new_id, now
from vigiles.ledger.signature import holds, labelled, signed
from vigiles.model.erasure import Erasure
from vigiles.model.errors import InputInvalid

#: The principal whose key is the ledger's own; no registered principal can take this name.
OPERATOR = "operator"
#: Without these bodies the erasures themselves could not be checked, so they are never erased.
NEVER_ERASED = ("principal", "erasure")

_LABEL = b"vigiles/erasure/1\n"


def payload(indices: Sequence[int], reason: str, principal: str) -> bytes:
    """Return the bytes that an erasure's signature is over: a label, then canonical {indices, principal, reason}."""
    return labelled(_LABEL, {"indices": list(indices), "principal": principal, "reason": reason})


def sign_erasure(indices: Iterable[int], reason: str, principal: str, key: Ed25519PrivateKey) -> Erasure:
    """Return a signed erasure record for the records at ``indices``. Raises :class:`InputInvalid` for an empty list."""
    chosen = sorted(set(indices))
    if not chosen or chosen[0] < 0:
        raise InputInvalid("an erasure names at least one record, by index", "Name the records to erase.")
    signature = signed(payload(chosen, reason, principal), key)
    return Erasure(id=new_id("rec"), at=now(), indices=chosen, reason=reason, principal=principal, signature=signature)


def signature_holds(record: Erasure, public: bytes) -> bool:
    """Say whether the erasure's signature is by the Ed25519 key ``public`` (32 bytes)."""
    return holds(payload(record.indices, record.reason, record.principal), record.signature, public)


def registered_key(name: str, principal_bodies: Iterable[bytes]) -> bytes | None:
    """Return the key of principal ``name`` as last registered; ``principal_bodies`` come newest first."""
    for body in principal_bodies:
        told = json.loads(body)
        if told.get("name") == name:
            key = told.get("key")
            return bytes.fromhex(key) if isinstance(key, str) else None
    return None
