"""What did not reach the work directory: the list of it, and the folder where its content lies for a person to look at.

(A *model version* on hold is another thing: that is a decision about episodes to come.)
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from vigiles.model.observation.files import FileFlag

_BLOCK = 1 << 18
#: The largest file that is ever kept, bytes.
LARGEST = 256 << 20
_KEPT_FILES, _KEPT_BYTES = 1000, LARGEST
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")

Reason: TypeAlias = Literal[
    "flagged", "inside_held", "link_leads_outside", "special_file", "changed_meanwhile", "not_a_folder", "failed", "bad_path"
]


#: Reasons that are a decision about what a file is; the others say that writing it did not work.
DECIDED: frozenset[Reason] = frozenset({"flagged", "inside_held", "link_leads_outside", "special_file"})


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One change that did not reach the work directory. ``path`` is printable text, agent-made all the same.

    ``kept``: the file in the held folder that has the content, under a name of ours; ``sha256`` and ``size`` are that
    content's. ``target``: where a link points. ``base``: what stood in the work directory at that time, as
    :func:`vigiles.cell.changes.places.fingerprint` says it. ``detail``: a word on the reason. ``raw`` and ``raw_target`` are
    the bytes of path and target in base64 where the text is not the same, because they are no UTF-8.
    """

    path: str
    change: str
    kind: str
    reason: Reason
    flags: list[FileFlag] = []
    kept: str | None = None
    sha256: str | None = None
    size: int = 0
    mode: int = 0
    target: str | None = None
    base: str = "nothing"
    detail: str = ""
    raw: str | None = None
    raw_target: str | None = None

    @property
    def place(self) -> str:
        """The path below the work directory, as the file system has it."""
        return self.path if self.raw is None else os.fsdecode(base64.b64decode(self.raw))

    @property
    def points_to(self) -> str:
        """The target of a link, as the file system has it."""
        return (self.target or "") if self.raw_target is None else os.fsdecode(base64.b64decode(self.raw_target))


def raw_of(path: str) -> str | None:
    """Return the bytes behind a path in base64, None if its text says them all."""
    data = os.fsencode(path)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()
    return None


@dataclass(frozen=True)
class Kept:
    """A copy in the held folder: its name there (None: there is none), digest and size."""

    name: str | None
    sha256: str | None = None
    size: int = 0


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

    def keep(self, source: int, path: str) -> Kept:
        """Copy a held file; no name if it does not fit any more or cannot be copied."""
        size = os.fstat(source).st_size
        if self._count >= self._files or size > self._bytes:
            return Kept(None, size=size)
        last = "".join(letter for letter in os.path.basename(path) if letter in _NAME)[:80]
        name = f"{self._count + 1:04d}-{last}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            target = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            return Kept(None, size=size)
        try:
            digest = copy(source, target, hashing=True)
            size = os.fstat(target).st_size
        except OSError:
            os.unlink(self._folder / name)
            return Kept(None, size=size)
        finally:
            os.close(target)
        self._count += 1
        self._bytes -= size
        return Kept(name, digest, size)


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
