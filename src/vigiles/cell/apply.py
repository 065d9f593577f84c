"""The end of an overlay: what an episode changed is written back to the real work directory, or held for a person.

The upper folder is hostile, and so may be what stands in the work directory by now. Everything is done relative to
descriptors, one path component at a time, never through a symbolic link; a file is written beside its place, checked
against the digest that was recorded, and renamed into it. Nothing is applied that was not listed as a change.

Held instead: paths with a flag the profile holds (a hook, a git configuration, a ``.git`` that was removed, renamed or
replaced, with all that is in it), links that lead outside, special files, and whatever is no longer what was listed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import msgspec

from vigiles.model.errors import InputInvalid
from vigiles.model.observation.files import FileFlag
from vigiles.model.plain import text
from vigiles.ruleset.flags import file_flags

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_BLOCK = 1 << 18
_DEPTH = 256
_KEPT_FILES, _KEPT_BYTES = 1000, 256 << 20
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")

Reason: TypeAlias = Literal[
    "flagged", "inside_held", "link_leads_outside", "special_file", "changed_meanwhile", "not_a_folder", "failed", "bad_path"
]


class Wanted(Protocol):
    """One change to apply: what :class:`vigiles.sensors.change.Change` holds, whose documentation this shares."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def change(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def mode(self) -> int: ...  # noqa: D102
    @property
    def sha256(self) -> str | None: ...  # noqa: D102
    @property
    def flags(self) -> tuple[FileFlag, ...]: ...  # noqa: D102
    @property
    def target(self) -> str | None: ...  # noqa: D102
    @property
    def lower(self) -> str | None: ...  # noqa: D102
    @property
    def replaced(self) -> bool: ...  # noqa: D102


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


@dataclass(frozen=True)
class Applied:
    """What was written, what was held, and which files lost their set-uid, set-gid or sticky bits on the way."""

    applied: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    stripped: list[str] = field(default_factory=list)


class _Hold(Exception):
    """Not a fault: the decision not to apply a change."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail


def apply(
    changes: Iterable[Wanted],
    upper: int,
    workdir: str,
    held_flags: Collection[FileFlag],
    held_dir: Path,
    *,
    host_root: bool,
) -> Applied:
    """Write ``changes`` (all of them, against the work directory) from the folder ``upper`` (a descriptor) to ``workdir``.

    ``held_flags``: flags whose paths are held. ``held_dir``: where held content goes, made when needed: numbered files
    that nobody may execute, and ``held.json`` that says what they are. ``host_root``: we are root and the work directory
    is somebody else's: new files belong to its owner. No program of the cell may run any more.

    Raises InputInvalid if the work directory cannot be opened. A change that fails is held, and the rest goes on.
    """
    try:
        root = os.open(workdir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise InputInvalid(
            f"the work directory {workdir!a} cannot be opened: {error.strerror}",
            "the changes are still in the cell's overlay; give the work directory back its place before the episode ends",
        ) from error
    try:
        info = os.fstat(root)
        owner = (info.st_uid, info.st_gid) if host_root else None
        return _Applying(upper, root, os.path.realpath(workdir), frozenset(held_flags), _Keeper(held_dir), owner).run(
            changes
        )
    finally:
        os.close(root)


class _Applying:
    """One run over the changes."""

    def __init__(
        self,
        upper: int,
        root: int,
        workdir: str,
        held_flags: frozenset[FileFlag],
        keeper: _Keeper,
        owner: tuple[int, int] | None,
    ) -> None:
        self._upper = upper
        self._root = root
        self._workdir = workdir
        self._held_flags = held_flags
        self._keeper = keeper
        self._owner = owner
        self._result = Applied()
        self._closed: set[str] = set()  # paths whose whole inside is held
        self._modes: list[tuple[str, int]] = []

    def run(self, changes: Iterable[Wanted]) -> Applied:
        ordered = sorted(changes, key=lambda change: change.path)
        for change in [c for c in ordered if c.change != "deleted"]:
            self._one(change)
        for change in [c for c in ordered if c.change == "deleted"]:
            self._one(change)
        # Last, and the deepest first: a folder that may not be written must be filled before.
        for path, mode in reversed(self._modes):
            self._set_mode(path, mode)
        self._keeper.finish(self._result.held)
        return self._result

    def _one(self, change: Wanted) -> None:
        try:
            self._check(change)
            folder, name = os.path.split(change.path)
            parent = _open_below(self._root, folder)
            try:
                if change.change == "deleted":
                    self._delete(change, parent, name)
                elif change.kind == "directory":
                    self._folder(change, parent, name)
                elif change.kind == "symlink":
                    self._link(change, parent, name)
                else:
                    self._file(change, parent, name)
            finally:
                os.close(parent)
        except _Hold as hold:
            self._hold(change, hold.reason, hold.detail)
        except OSError as error:
            self._hold(change, "failed", error.strerror or str(error))
        else:
            self._result.applied.append(_shown(change.path))

    def _check(self, change: Wanted) -> None:
        """Raise _Hold if the change must not be applied, whatever it holds."""
        parts = change.path.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise _Hold("bad_path")
        above = ["/".join(parts[:at]) for at in range(1, len(parts))]
        if any(path in self._closed for path in above):
            raise _Hold("inside_held")
        held = self._flags(change.path, change.flags) & self._held_flags
        # A new .git is an honest `git init` or clone: what it holds is judged path by path.
        if held and not (
            held == {"git_dir"} and change.kind == "directory" and not change.replaced and change.change != "deleted"
        ):
            if change.kind == "directory" and change.change != "deleted":
                self._closed.add(change.path)
            raise _Hold("flagged", ", ".join(sorted(held)))
        if change.change == "deleted":
            return
        if change.kind == "other":
            raise _Hold("special_file")
        if change.kind == "symlink" and self._leads_outside(change.path, change.target or ""):
            raise _Hold("link_leads_outside")

    def _flags(self, path: str, known: Iterable[FileFlag] = ()) -> set[FileFlag]:
        return {*known, *file_flags(path)}

    def _leads_outside(self, path: str, target: str) -> bool:
        """Say whether a link could lead out of the work directory.

        ``..`` counts only at the start: behind a name that is itself a link, it goes who knows where.
        """
        if not target:
            return True
        if os.path.isabs(target):
            inside = os.path.normpath(target) == target.rstrip("/") and (target + "/").startswith(self._workdir + "/")
            return not inside
        parts = [part for part in target.split("/") if part not in ("", ".")]
        up = 0
        while up < len(parts) and parts[up] == "..":
            up += 1
        return up > path.count("/") or ".." in parts[up:]

    def _delete(self, change: Wanted, parent: int, name: str) -> None:
        info = _look(parent, name)
        if info is None:
            return
        if stat.S_ISDIR(info.st_mode) != (change.kind == "directory"):
            raise _Hold("changed_meanwhile", "something else stands there now")
        if not self._remove(parent, name, change.path, 0):
            raise _Hold("flagged", "the folder holds what is held")

    def _remove(self, parent: int, name: str, path: str, depth: int) -> bool:
        """Remove a file or a folder with all in it but what is held; return whether all of it went."""
        info = _look(parent, name)
        if info is None:
            return True
        flags = self._flags(path)
        if depth and flags & self._held_flags:
            kind = "directory" if stat.S_ISDIR(info.st_mode) else "file"
            self._result.held.append(
                Held(path=_shown(path), change="deleted", kind=kind, reason="flagged", flags=sorted(flags))
            )
            return False
        if not stat.S_ISDIR(info.st_mode):
            os.unlink(name, dir_fd=parent)
            return True
        if depth > _DEPTH:
            raise _Hold("failed", "folders nested too deeply")
        folder = os.open(name, _FOLDER, dir_fd=parent)
        try:
            gone = [self._remove(folder, below, f"{path}/{below}", depth + 1) for below in sorted(os.listdir(folder))]
        finally:
            os.close(folder)
        if not all(gone):
            return False
        os.rmdir(name, dir_fd=parent)
        return True

    def _make_room(self, change: Wanted, parent: int, name: str, *, for_folder: bool) -> None:
        """Clear the place of what the change replaces; hold if something else came there meanwhile."""
        info = _look(parent, name)
        if info is None:
            return
        is_folder = stat.S_ISDIR(info.st_mode)
        if is_folder == for_folder:
            return
        if not change.replaced:
            raise _Hold("changed_meanwhile", "something else stands there now")
        if not self._remove(parent, name, change.path, 0):
            raise _Hold("flagged", "the folder that stood here holds what is held")

    def _folder(self, change: Wanted, parent: int, name: str) -> None:
        try:
            self._make_room(change, parent, name, for_folder=True)
            if _look(parent, name) is None:
                os.mkdir(name, 0o700, dir_fd=parent)
                if self._owner is not None:
                    os.chown(name, *self._owner, dir_fd=parent, follow_symlinks=False)
        except (_Hold, OSError):
            self._closed.add(change.path)
            raise
        self._modes.append((change.path, change.mode))

    def _set_mode(self, path: str, mode: int) -> None:
        folder = _open_below(self._root, path)
        try:
            os.fchmod(folder, (mode & 0o777) | (os.fstat(folder).st_mode & 0o7000))
        except OSError as error:
            self._result.held.append(
                Held(path=_shown(path), change="modified", kind="directory", reason="failed", detail=error.strerror or "")
            )
        finally:
            os.close(folder)

    def _link(self, change: Wanted, parent: int, name: str) -> None:
        above, _ = self._source(change)
        try:
            target = os.readlink(os.path.basename(change.lower or change.path), dir_fd=above)
        finally:
            os.close(above)
        if target != change.target:
            raise _Hold("changed_meanwhile", "the link points elsewhere now")
        self._make_room(change, parent, name, for_folder=False)
        new = _temporary()
        os.symlink(target, new, dir_fd=parent)
        try:
            if self._owner is not None:
                os.chown(new, *self._owner, dir_fd=parent, follow_symlinks=False)
            os.rename(new, name, src_dir_fd=parent, dst_dir_fd=parent)
        except OSError:
            _forget(parent, new)
            raise

    def _file(self, change: Wanted, parent: int, name: str) -> None:
        source = self._open(change)
        new = _temporary()
        try:
            info = os.fstat(source)
            target = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)
            try:
                digest = _copy(source, target, hashing=change.sha256 is not None)
                if digest != change.sha256:
                    raise _Hold("changed_meanwhile", "the content is not what was recorded")
                if self._owner is not None:
                    os.fchown(target, *self._owner)
                os.fchmod(target, change.mode & 0o777)
                os.utime(target, ns=(info.st_mtime_ns, info.st_mtime_ns))
            finally:
                os.close(target)
            self._make_room(change, parent, name, for_folder=False)
            os.rename(new, name, src_dir_fd=parent, dst_dir_fd=parent)
        except (_Hold, OSError):
            _forget(parent, new)
            raise
        finally:
            os.close(source)
        if change.mode & 0o7000:
            self._result.stripped.append(_shown(change.path))

    def _source(self, change: Wanted) -> tuple[int, str]:
        """Return (the folder that holds the content, the name in it)."""
        root, path = (self._upper, change.path) if change.lower is None else (self._root, change.lower)
        folder, name = os.path.split(path)
        return _open_below(root, folder), name

    def _open(self, change: Wanted) -> int:
        folder, name = self._source(change)
        try:
            return _open_regular(folder, name)
        finally:
            os.close(folder)

    def _hold(self, change: Wanted, reason: Reason, detail: str) -> None:
        kept = None
        if change.kind == "file" and change.change != "deleted":
            try:
                source = self._open(change)
            except (_Hold, OSError):
                source = -1
            if source >= 0:
                kept = self._keeper.keep(source, change.path)
                os.close(source)
        self._result.held.append(
            Held(
                path=_shown(change.path),
                change=change.change,
                kind=change.kind,
                reason=reason,
                flags=sorted(self._flags(change.path, change.flags)),
                kept=kept,
                target=None if change.target is None else _shown(change.target),
                detail=detail,
            )
        )


class _Keeper:
    """The held folder. Names are ours: a kept ``.git`` must not be a repository that somebody's shell prompt walks into."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._bytes = 0

    def keep(self, source: int, path: str) -> str | None:
        """Copy a held file; return its name here, None if it does not fit any more."""
        size = os.fstat(source).st_size
        if self._count >= _KEPT_FILES or self._bytes + size > _KEPT_BYTES:
            return None
        last = "".join(letter for letter in os.path.basename(path) if letter in _NAME)[:80]
        name = f"{self._count + 1:04d}-{last}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            target = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                _copy(source, target, hashing=False)
            finally:
                os.close(target)
        except OSError:
            return None
        self._count += 1
        self._bytes += size
        return name

    def finish(self, held: list[Held]) -> None:
        """Write down what is held and why."""
        if not held:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._folder / "held.json").write_bytes(msgspec.json.format(msgspec.json.encode(held), indent=1))
        except OSError:
            pass  # the same list is in the result


def _open_below(root: int, path: str) -> int:
    """Open a folder below ``root`` one component at a time. Raises _Hold if any is not a folder."""
    here = os.dup(root)
    for name in path.split("/") if path else ():
        try:
            below = os.open(name, _FOLDER, dir_fd=here)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENOENT):
                raise _Hold("not_a_folder", _shown(name)) from error
            raise
        finally:
            os.close(here)
        here = below
    return here


def _open_regular(folder: int, name: str) -> int:
    """Open a regular file for reading, and nothing else: what it is, is settled before it is opened."""
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _Hold("changed_meanwhile", "no longer a file")
        return os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    finally:
        os.close(handle)


def _copy(source: int, target: int, *, hashing: bool) -> str | None:
    """Copy a file, holes as holes; return its SHA-256 if ``hashing`` (which reads the holes too)."""
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
        written = 0
        while written < len(block):
            written += os.pwrite(target, block[written:], at + written)
        at += len(block)
    os.ftruncate(target, size)
    return hasher.hexdigest() if hashing else None


def _look(parent: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _temporary() -> str:
    return f".vigiles-{secrets.token_hex(8)}"


def _forget(parent: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=parent)
    except OSError:
        pass


def _shown(path: str) -> str:
    return text(os.fsencode(path))
