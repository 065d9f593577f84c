"""A home's own random secret: keys digests of what must be compared and never guessed. It is no signing key."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid, LedgerUnwritable

BYTES = 32


def load_or_make_secret(path: Path) -> bytes:
    """Return the 32 bytes, making the file at the first call. Raises :class:`InputInvalid`, :class:`LedgerUnwritable`."""
    place = Home(path).secret
    try:
        _make(place)
        fd = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            closed = os.fstat(fd).st_mode & 0o077 == 0
            secret = os.read(fd, BYTES + 1)
        finally:
            os.close(fd)
    except OSError as error:
        raise LedgerUnwritable(f"cannot use {place}: {error.strerror}", "Make room there, and check its mode.") from error
    if not closed or len(secret) != BYTES:
        raise InputInvalid(f"{place} is open to others or not {BYTES} bytes long", "Remove it; a new one is made.")
    return secret


def _make(place: Path) -> None:
    """Write the file whole under a name of its own, then link it: of several that try at once, one wins."""
    if place.exists():
        return
    temporary = f"{place}.{secrets.token_hex(4)}"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, place)
        except FileExistsError:
            pass
    finally:
        os.unlink(temporary)
