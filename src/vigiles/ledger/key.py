"""The ledger's signing key: made once, kept in a file that only the owner can read, never sent anywhere."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.durable import sync_folder
from vigiles.ledger.home import Home
from vigiles.ledger.note import NoteInvalid, Signer, Verifier
from vigiles.model.errors import InputInvalid, LedgerUnwritable, NotFound

_HEAD = "VIGILES+LEDGER+KEY+1"


def load_or_make(home: Home) -> Signer:
    """Return the home's signer, making key and verifier files at the first call.

    The key's name, which is the log's origin, is ``vigiles/ledger/`` and 64 random bits in hex: it says nothing of the host.
    """
    if not home.key.exists():
        signer = Signer(f"vigiles/ledger/{secrets.token_hex(8)}", Ed25519PrivateKey.generate())
        private = signer.private.private_bytes_raw().hex()
        try:
            _write_once(home.key, f"{_HEAD}+{signer.name}+{private}\n", 0o600)
        except FileExistsError:
            pass
        except OSError as error:
            raise LedgerUnwritable(f"cannot write {home.key}: {error.strerror}", "Make room there.") from error
    signer = load_signer(home)
    if not home.verifier.exists():
        try:
            _write_once(home.verifier, f"{signer.verifier}\n", 0o644)
        except FileExistsError:
            pass
        except OSError as error:
            raise LedgerUnwritable(f"cannot write {home.verifier}: {error.strerror}", "Make room there.") from error
    return signer


def load_signer(home: Home) -> Signer:
    """Return the signer in the key file. Raises :class:`NotFound` or :class:`InputInvalid`."""
    try:
        line = home.key.read_text(encoding="utf-8").strip()
        if os.stat(home.key).st_mode & 0o077:
            raise InputInvalid(f"{home.key} can be read by others", f"Close it: chmod 600 {home.key}")
    except FileNotFoundError as error:
        raise NotFound(f"no ledger key at {home.key}", "Start anything that records, and it is made.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(f"cannot read {home.key}: {error}", "Restore the key file from your backup.") from error
    head, _, rest = line.rpartition("+")
    name = head.removeprefix(f"{_HEAD}+")
    try:
        if name == head or len(rest) != 64:
            raise ValueError("unknown form")
        return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(rest)))
    except ValueError as error:
        raise InputInvalid(f"{home.key} is not a ledger key: {error}", "Restore the key file from your backup.") from error


def load_verifier(home: Home) -> Verifier:
    """Return the public key in the verifier file. Raises :class:`NotFound` or :class:`InputInvalid`."""
    try:
        return Verifier.parse(home.verifier.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(f"no verifier key at {home.verifier}", "Name the home with --home, or the key with --key.") from error
    except (OSError, UnicodeDecodeError, NoteInvalid) as error:
        raise InputInvalid(f"cannot use {home.verifier}: {error}", "Give the verifier key with --key.") from error


def parse_verifier(line: str) -> Verifier:
    """Return the public key in a verifier key line. Raises :class:`InputInvalid`."""
    try:
        return Verifier.parse(line)
    except NoteInvalid as error:
        raise InputInvalid(f"cannot use the verifier key: {error}", "Give the line in ledger.vkey with --key.") from error


def _write_once(path: os.PathLike[str], text: str, mode: int) -> None:
    """Write a new file whole: a half-written key must never be found under its name."""
    temporary = f"{os.fspath(path)}.{secrets.token_hex(4)}"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    finally:
        os.unlink(temporary)
    sync_folder(Path(path).parent)
