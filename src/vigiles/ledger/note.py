"""C2SP signed notes: a text, and under it lines of signatures (https://c2sp.org/signed-note).

The signature type is an open registry: a verifier key names its type, and unknown types are skipped, so that a note can
carry a witness's or a post-quantum signature beside the Ed25519 one without breaking older readers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
#: A witness's timestamped Ed25519 signature over a checkpoint (https://c2sp.org/tlog-cosignature).
COSIGNATURE = 0x04
_TIMESTAMP_BYTES = 8
_DASH = "— "


class NoteInvalid(ValueError):
    """The bytes are not a signed note, or no known key signed it."""


def _verify_ed25519(public: bytes, text: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def cosigned_message(text: bytes, timestamp: int) -> bytes:
    """Return what a witness signs to say that it saw the checkpoint ``text`` at ``timestamp`` (seconds since 1970)."""
    return f"cosignature/v1\ntime {timestamp}\n".encode() + text


def _verify_cosignature(public: bytes, text: bytes, signature: bytes) -> bool:
    """Check 8 bytes of big-endian POSIX time, then an Ed25519 signature over that time and the text."""
    timestamp = int.from_bytes(signature[:_TIMESTAMP_BYTES], "big")
    return _verify_ed25519(public, cosigned_message(text, timestamp), signature[_TIMESTAMP_BYTES:])


#: Signature type byte -> check of (public key bytes, text, signature). Other types are added here.
SIGNATURE_TYPES: dict[int, Callable[[bytes, bytes, bytes], bool]] = {
    ED25519: _verify_ed25519,
    COSIGNATURE: _verify_cosignature,
}


def strict_base64(text: str) -> bytes:
    """Decode base64 in its one canonical spelling (RFC 4648, section 3.5). Raises :class:`NoteInvalid`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteInvalid("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise NoteInvalid("not canonical base64")
    return data


def valid_name(name: str) -> bool:
    """Say whether ``name`` may name a key: not empty, no space, no plus sign."""
    return bool(name) and "+" not in name and not any(c.isspace() or not c.isprintable() for c in name)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the 4-byte key id: the first bytes of SHA-256(name | newline | type | public key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True)
class Verifier:
    """A public key with a name. ``str()`` is the verifier key line ``name+hex key id+base64(type, key)``."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The 4-byte key id."""
        return key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    @classmethod
    def parse(cls, line: str) -> Verifier:
        """Read a verifier key line. Raises :class:`NoteInvalid`."""
        name, _, rest = line.strip().partition("+")
        told_id, _, encoded = rest.partition("+")
        data = strict_base64(encoded)
        if not valid_name(name) or len(data) < 2:
            raise NoteInvalid("not a verifier key: name+id+key expected")
        verifier = cls(name, data[0], data[1:])
        if verifier.id.hex() != told_id:
            raise NoteInvalid("the verifier key's id does not fit its key")
        return verifier

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Say whether ``signature`` over ``text`` is this key's. Unknown signature types never are."""
        check = SIGNATURE_TYPES.get(self.kind)
        return check is not None and check(self.public, text, signature)


@dataclass(frozen=True)
class Signer:
    """A named Ed25519 key that signs notes."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, ED25519, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Return the note: ``text`` (which ends in a newline), a blank line and one signature line."""
        if not text.endswith("\n") or any(c != "\n" and ord(c) < 0x20 for c in text):
            raise NoteInvalid("a note's text ends in a newline and has no control characters")
        signature = self.private.sign(text.encode())
        line = base64.b64encode(self.verifier.id + signature).decode()
        return f"{text}\n{_DASH}{self.name} {line}\n".encode()


def open_note(note: bytes, verifiers: Sequence[Verifier]) -> tuple[str, list[Verifier]]:
    """Return the text and the verifiers whose signatures hold.

    Raises :class:`NoteInvalid` if the note is malformed, a signature by a known key is wrong, or no signature is by one.
    """
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteInvalid("the note is not UTF-8") from error
    text, gap, signatures = whole.rpartition("\n\n")
    if not gap or not signatures.endswith("\n") or any(c != "\n" and ord(c) < 0x20 for c in whole):
        raise NoteInvalid("not a signed note")
    text += "\n"
    known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    good: list[Verifier] = []
    for line in signatures[:-1].split("\n"):
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        data = strict_base64(encoded)
        if not line.startswith(_DASH) or not valid_name(name) or len(data) < 5:
            raise NoteInvalid("malformed signature line")
        verifier = known.get((name, data[:4]))
        if verifier is None or verifier in good:
            continue
        if not verifier.verify(text.encode(), data[4:]):
            raise NoteInvalid(f"the signature by {name} is wrong")
        good.append(verifier)
    if not good:
        raise NoteInvalid("no signature by a known key")
    return text, good
