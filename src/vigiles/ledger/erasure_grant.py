"""A grant to erase, as a file that goes to the principal who signs it and comes back.

JSON with ``indices``, ``reason`` and ``principal``, and ``sign``: the bytes to be signed, in hex, by Ed25519 with the
principal's registered key. The signer adds ``signature`` (hex). What is signed is exactly these records and this reason; the
recorder checks it as a verifier would, so a changed file erases nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from vigiles.ledger.erasure import payload
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.wire import UNREADABLE
from vigiles.model.erasure import Erasure
from vigiles.model.errors import InputInvalid

_MOST_BYTES = 8 << 20


class _File(msgspec.Struct, forbid_unknown_fields=True):
    indices: list[int]
    reason: str
    principal: str
    sign: str = ""
    signature: str = ""


def write_request(path: Path, indices: Sequence[int], reason: str, principal: str) -> None:
    """Write what ``principal`` is to sign. Raises :class:`InputInvalid` where the file cannot be written or is there."""
    told = {"indices": list(indices), "reason": reason, "principal": principal}
    told["sign"] = payload(indices, reason, principal).hex()
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
    except OSError as error:
        raise InputInvalid(f"cannot write {path}: {error.strerror}", "Name a file that is not there yet.") from error


def read_grant(path: Path) -> Erasure:
    """Return the erasure that a signed file is. Raises :class:`InputInvalid`; the signature is for the recorder to check."""
    try:
        with open(path, "rb") as file:
            told = msgspec.json.decode(file.read(_MOST_BYTES), type=_File)
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}", "Name a file that is there and readable.") from error
    except UNREADABLE as error:
        raise InputInvalid(f"{path} is no grant to erase: {error}", "Make one: vigiles ledger erase --ask FILE") from error
    if not told.signature:
        raise InputInvalid(f"{path} is not signed", f"{told.principal} signs the bytes of `sign` and adds `signature`.")
    if told.indices != sorted(set(told.indices)) or not told.indices or told.indices[0] < 0:
        raise InputInvalid(f"{path} does not name records once each, in order", "Make it with --ask.")
    return Erasure(
        id=new_id("rec"),
        at=now(),
        indices=told.indices,
        reason=told.reason,
        principal=told.principal,
        signature=told.signature,
    )
