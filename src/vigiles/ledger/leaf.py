"""From a body and a secret to a leaf: the small open header that stands in the tree for ever.

The exact format, with a worked example, is in ``docs/format.md``. In short, with ``|`` for concatenation::

    salt       = HMAC-SHA256(key=secret, b"vigiles/ledger/1/body")
    commitment = SHA-256(salt | body)
    leaf       = canonical JSON {"commitment": hex, "type": event type, "v": 1}
    leaf hash  = SHA-256(0x00 | leaf)                                        (RFC 6962, section 2.1)

An ``incident`` leaf also holds ``_sd``: one salted digest per field, in the form of SD-JWT (RFC 9901, section 4.2), so that
single fields can be opened to a peer later, with decoys so that the number of fields does not show.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from vigiles.model import canonical

VERSION = 1
SECRET_BYTES = 32
#: Upper bound of a leaf: tlog-tiles entries carry a 16-bit length.
MAX_LEAF_BYTES = 65_535
#: Upper bound of a body. Larger evidence is kept outside the ledger, by its digest.
MAX_BODY_BYTES = 8 * 1024 * 1024
#: The event type that commits field by field as well.
FIELDWISE = "incident"

_BODY_LABEL = b"vigiles/ledger/1/body"
_FIELD_LABEL = b"vigiles/ledger/1/field/"
_DECOY_LABEL = b"vigiles/ledger/1/decoy/"
_FIELD_SALT_BYTES = 16
_SD_MULTIPLE = 32
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_SD_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def commitment(body: bytes, secret: bytes) -> bytes:
    """Return the 32-byte salted commitment to ``body``. ``secret`` is 32 random bytes, used for this record alone."""
    return hashlib.sha256(hmac.digest(secret, _BODY_LABEL, "sha256") + body).digest()


def seal(event_type: str, body: bytes, secret: bytes, field_digests: Sequence[str] | None = None) -> bytes:
    """Return the leaf bytes. ``field_digests`` is given for incidents, and only for them.

    Raises ``ValueError`` for a bad type name, secret length, digest list, or a leaf beyond 65,535 bytes.
    """
    if not _TYPE.fullmatch(event_type):
        raise ValueError(f"not an event type name: {event_type!r}")
    if len(secret) != SECRET_BYTES:
        raise ValueError("a secret has 32 bytes")
    if (field_digests is not None) != (event_type == FIELDWISE):
        raise ValueError(f"field digests belong to {FIELDWISE} records, and only to them")
    prefix = ""
    if field_digests is not None:
        if not all(_SD_DIGEST.fullmatch(digest) for digest in field_digests) or list(field_digests) != sorted(field_digests):
            raise ValueError("field digests are sorted base64url SHA-256 values")
        prefix = '"_sd":[' + ",".join(f'"{digest}"' for digest in field_digests) + "],"
    # Written by hand because every value is plain ASCII by now and the keys stand in sorted order: this is canonical JSON.
    leaf = f'{{{prefix}"commitment":"{commitment(body, secret).hex()}","type":"{event_type}","v":{VERSION}}}'.encode("ascii")
    if len(leaf) > MAX_LEAF_BYTES:
        raise ValueError(f"leaf of {len(leaf)} bytes, at most {MAX_LEAF_BYTES} fit a tile")
    return leaf


def disclosures(body: Mapping[str, Any], secret: bytes) -> dict[str, str]:
    """Return field name -> SD-JWT disclosure of an incident's decoded body.

    Every field but ``type`` is committed by itself. A field whose value is an object that is not empty is committed member
    by member, as ``field.member``, so that a model version can be opened without the run it belongs to. The salt is the
    first 16 bytes of HMAC-SHA256(secret, "vigiles/ledger/1/field/" | name); the disclosure is the base64url of the canonical
    JSON array [salt, name, value].
    """
    found = {}
    for name, value in _fields(body):
        salt = hmac.digest(secret, _FIELD_LABEL + name.encode("utf-8"), "sha256")[:_FIELD_SALT_BYTES]
        found[name] = _base64url(canonical.encode([_base64url(salt), name, value]))
    return found


def disclosure_digest(disclosure: str) -> str:
    """Return the digest that stands in ``_sd`` for a disclosure: base64url(SHA-256(its ASCII bytes))."""
    return _base64url(hashlib.sha256(disclosure.encode("ascii")).digest())


def field_digests(body: bytes, secret: bytes) -> list[str]:
    """Return the sorted ``_sd`` list of an incident's canonical body, padded with decoys to a multiple of 32.

    Decoy ``n`` (from 0) is base64url(SHA-256(HMAC-SHA256(secret, "vigiles/ledger/1/decoy/" | n in decimal))).
    """
    found = [disclosure_digest(disclosure) for disclosure in disclosures(json.loads(body), secret).values()]
    for number in range(-len(found) % _SD_MULTIPLE):
        decoy = hmac.digest(secret, _DECOY_LABEL + str(number).encode("ascii"), "sha256")
        found.append(_base64url(hashlib.sha256(decoy).digest()))
    return sorted(found)


def _fields(body: Mapping[str, Any]) -> list[tuple[str, Any]]:
    fields: list[tuple[str, Any]] = []
    for name, value in body.items():
        if name == "type":
            continue
        if isinstance(value, dict) and value:
            fields += [(f"{name}.{member}", inner) for member, inner in value.items()]
        else:
            fields.append((name, value))
    return fields


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
