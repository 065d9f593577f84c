"""Ed25519 signatures over a labelled plain value: what a principal signs is never mistaken for what another thing says.

The bytes signed are a label, which names the kind of statement and its version, then the value's canonical bytes.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vigiles.model import canonical
from vigiles.model.plain import Plain


def labelled(label: bytes, value: Plain) -> bytes:
    """Return the bytes to sign. A label ends with a newline, which canonical bytes never hold."""
    return label + canonical.encode(value)


def signed(data: bytes, key: Ed25519PrivateKey) -> str:
    """Return the signature of ``data``, hex."""
    return key.sign(data).hex()


def holds(data: bytes, signature: str, public: bytes) -> bool:
    """Say whether ``signature`` (hex) of ``data`` is by the Ed25519 key ``public`` (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True
