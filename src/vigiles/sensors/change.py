"""One path of a work directory that is other than before, and the limits a look keeps."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from vigiles.model.observation.files import FileFlag
from vigiles.ruleset.flags import link_flags

Kind: TypeAlias = Literal["file", "directory", "symlink", "other"]
What: TypeAlias = Literal["created", "modified", "deleted", "moved"]
Flags: TypeAlias = Callable[[str], list[FileFlag]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``path`` is relative to the work directory, in :func:`os.fsdecode` form; ``mode`` has the permission bits.

    ``target``: where a symbolic link points. ``moved_from``: the old path of what moved. ``lower``: the content lies not in
    the upper folder but at this path of the lower one (a renamed lower folder). ``replaced``: what stood here before is
    gone, even if it was a folder too: something else has its name now. A deleted folder stands for all that was in it.
    """

    path: str
    change: What
    kind: Kind
    size: int = 0
    mode: int = 0
    sha256: str | None = None
    flags: tuple[FileFlag, ...] = ()
    target: str | None = None
    moved_from: str | None = None
    lower: str | None = None
    replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``entries`` paths and ``depth`` folders deep are looked at; files up to ``digest_limit`` bytes are hashed, up to
    ``look_bytes`` in one look.
    """

    digest_limit: int = 16 << 20
    entries: int = 200_000
    depth: int = 64
    look_bytes: int = 512 << 20


class Signature(NamedTuple):
    """What tells one state of a file from the next without reading it. The agent cannot set a ctime."""

    ino: int
    ctime_ns: int
    mtime_ns: int
    size: int
    mode: int


def signature(info: os.stat_result) -> Signature:
    """Return the signature of a file."""
    return Signature(info.st_ino, info.st_ctime_ns, info.st_mtime_ns, info.st_size, info.st_mode)


def kind_of(mode: int) -> Kind:
    """Return the kind of a file by its mode."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "symlink" if stat.S_ISLNK(mode) else "other"


def join(folder: str, name: str) -> str:
    """Return ``folder/name``; the work directory itself is the empty path."""
    return f"{folder}/{name}" if folder else name


def flags_of(path: str, kind: Kind, target: str | None, flags: Flags) -> tuple[FileFlag, ...]:
    """Return the flags of a path; a symbolic link also has those of its target, and of whatever would stand below either.

    ``.git/hooks`` as a link to another folder is as good as a hook in it.
    """
    found = list(flags(path))
    if kind == "symlink" and target is not None:
        there = os.path.normpath(os.path.join(os.path.dirname(path), target))
        for other in (join(path, "any"), there, join(there, "any")):
            found.extend(flags(other))
        found.extend(link_flags(path))
    return tuple(dict.fromkeys(found))
