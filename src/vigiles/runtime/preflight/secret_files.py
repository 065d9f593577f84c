"""A bounded search for credentials in a folder: so many files, so many bytes, so long, and never the secret itself."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import stat
import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from vigiles.runtime.preflight.tokens import found_in

#: Folders that others filled: large, and a credential in them is not this person's.
_SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv", ".tox", "site-packages", ".mypy_cache"})
_LABEL = b"vigiles/preflight/1\n"
#: Folders named of which something was not looked at.
_UNREAD = 16


#: Names behind which credentials lie: these files are read first, wherever they are.
_LIKELY = re.compile(r"^\.|credential|secret|passw|token|^id_[a-z0-9]+$|kubeconfig|\.(?:env|pem|key|p8|ppk)$", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """Names looked through, files read, bytes read in all and of one file, findings kept, seconds."""

    names: int = 20_000
    files: int = 2_000
    total_bytes: int = 8 << 20
    file_bytes: int = 256 << 10
    found: int = 50
    seconds: float = 0.08


#: For a person who asks, and waits for the answer.
THOROUGH = Limits(names=1_000_000, files=50_000, total_bytes=256 << 20, seconds=20.0)


class Secret(NamedTuple):
    """Where a credential stands, of what kind it is, and its keyed digest."""

    path: str
    line: int
    what: str
    digest: str


@dataclass
class Search:
    """What was found and how far the search came. ``unread``: folders of which something was not looked at, the first of
    them; a folder that stands here may hold others.
    """

    secrets: list[Secret] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    complete: bool = True
    unread: list[str] = field(default_factory=list)


def digest(key: bytes, secret: bytes) -> str:
    """Return HMAC-SHA256 of a secret under the home's key, 128 bits in hex."""
    return hmac.digest(key, _LABEL + secret, hashlib.sha256).hex()[:32]


def search(top: str, key: bytes, limits: Limits) -> Search:
    """Look for credentials below ``top``, where they most likely lie first. Links are not followed; what cannot be read is
    passed over. Blocks for as long as ``limits`` say, and one file more.
    """
    told = Search()
    until = time.monotonic() + limits.seconds
    paths, left = _listed(top, limits.names, until - limits.seconds / 2)
    for number, path in enumerate(paths):
        if told.files >= limits.files or told.bytes >= limits.total_bytes or time.monotonic() > until:
            left += [os.path.dirname(one) for one in paths[number:]]
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
                left += [os.path.dirname(one) for one in paths[number:]]
                break
            told.secrets.append(Secret(path, one.line, one.what, digest(key, one.secret)))
        if len(told.secrets) >= limits.found and left:
            break
    told.unread = list(dict.fromkeys(left))[:_UNREAD]
    told.complete = not left
    return told


def _listed(top: str, most: int, until: float) -> tuple[list[str], list[str]]:
    """Return files to read, the likely ones first and then those nearer to ``top``, and folders that were not listed."""
    if os.path.isfile(top):
        return [top], []
    likely: list[str] = []
    others: list[str] = []
    folders = deque([top])
    while folders and len(likely) + len(others) < most and time.monotonic() <= until:
        folder = folders.popleft()
        try:
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda one: one.name):
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _SKIPPED:
                            folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        hidden = _LIKELY.search(entry.name) or os.path.basename(folder).startswith(".")
                        (likely if hidden else others).append(entry.path)
        except OSError:
            continue
    return [*likely, *others], list(folders)


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
