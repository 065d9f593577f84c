"""What did not reach the work directory: the list of it, and the folder where its content lies for a person to look at.

(A *model version* on hold is another thing: that is a decision about episodes to come.)
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from vigiles.model.observation.files import FileFlag

_BLOCK = 1 << 18
_KEPT_FILES, _KEPT_BYTES = 1000, 256 << 20
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")

Reason: TypeAlias = Literal[
    "flagged", "inside_held", "link_leads_outside", "special_file", "changed_meanwhile", "not_a_folder", "failed", "bad_path"
]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One change that did not reach the work directory. ``path`` is printable text, agent-made all the same.

    ``kept``: the file in the held folder that has the content, under a name of ours. ``detail``: a word on the reason.
    """

    path: str
    change: str
    kind: str
    reason: Reason
    flags: list[FileFlag] = []
    kept: str | None = None
    target: str | None = None
    detail: str = ""


class Hold(Exception):
    """Not a fault: the decision not to apply a change."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail


class Keeper:
    """The held folder. Names are ours: a kept ``.git`` must not be a repository that somebody's shell prompt walks into.

    ``files`` and ``bytes_``: how much it takes in; what is more is listed without its content.
    """

    def __init__(self, folder: Path, *, files: int = _KEPT_FILES, bytes_: int = _KEPT_BYTES) -> None:
        self._folder = folder
        self._files = files
        self._bytes = bytes_
        self._count = 0

    def keep(self, source: int, path: str) -> str | None:
        """Copy a held file; return its name here, None if it does not fit any more or cannot be copied."""
        size = os.fstat(source).st_size
        if self._count >= self._files or size > self._bytes:
            return None
        last = "".join(letter for letter in os.path.basename(path) if letter in _NAME)[:80]
        name = f"{self._count + 1:04d}-{last}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            target = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            copy(source, target, hashing=False)
        except OSError:
            os.unlink(self._folder / name)
            return None
        finally:
            os.close(target)
        self._count += 1
        self._bytes -= size
        return name

    def finish(self, held: list[Held]) -> None:
        """Write down what is held and why, in ``held.json``."""
        if not held:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._folder / "held.json").write_bytes(msgspec.json.format(msgspec.json.encode(held), indent=1))
        except OSError:
            pass  # the same list is in the result


def copy(source: int, target: int, *, hashing: bool) -> str | None:
    """Copy a file from descriptor to an empty one, holes as holes; return its SHA-256 if ``hashing`` (it reads holes too).

    Raises OSError.
    """
    size = os.fstat(source).st_size
    hasher = hashlib.sha256()
    at = 0
    while at < size:
        if not hashing:
            try:
                at = os.lseek(source, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                break  # nothing but a hole from here on
        block = os.pread(source, min(_BLOCK, size - at), at)
        if not block:
            break
        if hashing:
            hasher.update(block)
        written = 0 if block.strip(b"\0") else len(block)
        while written < len(block):
            written += os.pwrite(target, block[written:], at + written)
        at += len(block)
    os.ftruncate(target, size)
    return hasher.hexdigest() if hashing else None
