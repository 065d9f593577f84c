"""A person's Ed25519 key in a file: made here, or by ``ssh-keygen -t ed25519``, or by ``openssl genpkey``.

The private file stays with its person. What is registered is the public key: 64 hex digits, an OpenSSH line, or PEM.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vigiles.ledger.durable import sync_folder
from vigiles.model.errors import InputInvalid, NotFound

_MOST_BYTES = 1 << 16
_SSH = "ssh-ed25519"
_SSH_HEAD = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"


def make_key(path: Path, comment: str) -> str:
    """Make a key: ``path`` (PEM, mode 0600) and ``path.pub`` (an OpenSSH line). Return the public key, hex.

    Raises :class:`InputInvalid` where one of the files is there or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes_raw()
    beside = path.with_name(f"{path.name}.pub")
    for target, data, mode in ((path, private, 0o600), (beside, f"{line_of(public)} {comment}\n".encode(), 0o644)):
        try:
            fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputInvalid(f"cannot write {target}: {error.strerror}", "Name a file that is not there yet.") from error
    sync_folder(path.absolute().parent)
    return public.hex()


def read_private(path: Path) -> Ed25519PrivateKey:
    """Return the private key in a file. Raises :class:`NotFound`; :class:`InputInvalid` also where others may read it."""
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MOST_BYTES)
    except FileNotFoundError as error:
        raise NotFound(f"no key at {path}", "Make one: vigiles principals key FILE") from error
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}", "Name a key file of yours.") from error
    if mode & 0o077:
        raise InputInvalid(f"{path} can be read by others", f"Close it: chmod 600 {path}")
    load = serialization.load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else serialization.load_pem_private_key
    try:
        key = load(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputInvalid(
            f"{path} is no private key that can be used here", "Give an Ed25519 key, not encrypted."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputInvalid(f"{path} is no Ed25519 key", "Make one: vigiles principals key FILE")
    return key


def read_public(given: str) -> str:
    """Return a public key, hex, from the key itself or the name of a file that holds it. Raises :class:`InputInvalid`."""
    text = given.strip()
    if not text.startswith((_SSH, "-----")) and not _is_hex(text):
        try:
            with open(given, encoding="ascii") as file:
                text = file.read(_MOST_BYTES).strip()
        except (OSError, ValueError) as error:
            raise InputInvalid("this is neither a public key nor a file with one", "Give FILE.pub.") from error
    public = _public(text)
    if public is None:
        raise InputInvalid(
            "this is no Ed25519 public key", "Give 64 hex digits, a line `ssh-ed25519 …`, PEM, or the file of one."
        )
    return public.hex()


def line_of(public: bytes) -> str:
    """Return a public key as OpenSSH writes it, without a comment."""
    return f"{_SSH} {base64.b64encode(_SSH_HEAD + public).decode()}"


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)


def _public(text: str) -> bytes | None:
    if _is_hex(text):
        return bytes.fromhex(text)
    words = text.split()
    if words[:1] == [_SSH] and len(words) > 1:
        try:
            data = base64.b64decode(words[1], validate=True)
        except binascii.Error:
            return None
        return data.removeprefix(_SSH_HEAD) if len(data) == len(_SSH_HEAD) + 32 and data.startswith(_SSH_HEAD) else None
    if "PRIVATE KEY" in text:
        raise InputInvalid("this is a private key, which stays with its person", "Give the public one: FILE.pub.")
    try:
        key = serialization.load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else None
