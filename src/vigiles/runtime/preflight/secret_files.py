"""A bounded search for credentials in a folder: so many files, so many bytes, so long, and never the secret itself."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from vigiles.runtime.preflight.tokens import found_in

#: Folders that others filled: large, and a credential in them is not this person's.
_SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv", ".tox", "site-packages", ".mypy_cache"})
_LABEL = b"vigiles/preflight/1\n"


@dataclass(frozen=True)
class Limits:
    """Files looked at, bytes read in all and of one file, findings kept, seconds."""

    files: int = 2_000
    total_bytes: int = 8 << 20
    file_bytes: int = 256 << 10
    found: int = 50
    seconds: float = 0.5


class Secret(NamedTuple):
    """Where a credential stands, of what kind it is, and its keyed digest."""

    path: str
    line: int
    what: str
    digest: str


@dataclass
class Search:
    """What was found and how far the search came."""

    secrets: list[Secret] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    complete: bool = True


def digest(key: bytes, secret: bytes) -> str:
    """Return HMAC-SHA256 of a secret under the home's key, 128 bits in hex."""
    return hmac.digest(key, _LABEL + secret, hashlib.sha256).hex()[:32]


def search(top: str, key: bytes, limits: Limits) -> Search:
    """Look for credentials below ``top``. Links are not followed; what cannot be read is passed over."""
    told = Search()
    until = time.monotonic() + limits.seconds
    for path in _files(top):
        if told.files >= limits.files or told.bytes >= limits.total_bytes or time.monotonic() > until:
            told.complete = False
            break
        data = _beginning(path, limits.file_bytes)
        if data is None:
            continue
        told.files += 1
        told.bytes += len(data)
        if b"\0" in data[:4096]:
            continue
        for one in found_in(data, path):
            if len(told.secrets) >= limits.found:
                told.complete = False
                return told
            told.secrets.append(Secret(path, one.line, one.what, digest(key, one.secret)))
    return told


def _files(top: str) -> Iterator[str]:
    """Yield paths; hidden files of a folder first, because that is where credentials lie."""
    if os.path.isfile(top):
        yield top
        return
    for folder, folders, names in os.walk(top):
        folders[:] = sorted((name for name in folders if name not in _SKIPPED), key=lambda n: (not n.startswith("."), n))
        for name in sorted(names, key=lambda n: (not n.startswith("."), n)):
            yield os.path.join(folder, name)


def _beginning(path: str, most: int) -> bytes | None:
    """Return the first ``most`` bytes of a regular file; None for anything else. Never waits, as a pipe would have one."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size > 64 * most:
            return None
        return os.read(fd, most)
    except OSError:
        return None
    finally:
        os.close(fd)
