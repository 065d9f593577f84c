"""The end of an overlay: what an episode changed is written back to the real work directory, or held for a person.

The upper folder is hostile, and so may be what stands in the work directory by now. Everything is done relative to
descriptors, one path component at a time, never through a symbolic link; a file is written beside its place, checked
against the digest that was recorded, and renamed into it. Nothing is applied that was not listed as a change.

Held instead: paths with a flag the profile holds (a hook, a git configuration, a ``.git`` that was removed, renamed or
replaced, with all that is in it), links that lead outside (:mod:`~vigiles.cell.changes.links`), special files, and whatever
is no longer what was listed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from vigiles.cell.changes import held_list
from vigiles.cell.changes.held_files import Held, Hold, Keeper, Kept, Reason, copy, raw_of
from vigiles.cell.changes.links import leads_outside
from vigiles.cell.changes.places import beside, fingerprint, look, open_below, open_handle, shown
from vigiles.cell.changes.wanted import Wanted
from vigiles.kernel import paths
from vigiles.model.errors import InputInvalid
from vigiles.model.observation.files import FileFlag
from vigiles.ruleset.flags import file_flags

_DEPTH = 256


@dataclass(frozen=True)
class Applied:
    """What was written, what was held, and which files lost their set-uid, set-gid or sticky bits on the way."""

    applied: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    stripped: list[str] = field(default_factory=list)


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
        return _Applying(upper, root, os.path.realpath(workdir), frozenset(held_flags), held_dir, owner).run(changes)
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
        held_dir: Path,
        owner: tuple[int, int] | None,
    ) -> None:
        self._upper = upper
        self._root = root
        self._workdir = workdir
        self._held_flags = held_flags
        self._held_dir = held_dir
        self._keeper = Keeper(held_dir)
        self._owner = owner
        self._result = Applied()
        self._closed: set[str] = set()  # paths whose whole inside is held
        self._modes: list[tuple[str, int]] = []

    def run(self, changes: Iterable[Wanted]) -> Applied:
        for change in sorted(changes, key=lambda change: (change.change == "deleted", change.path)):
            self._one(change)
        # Last, and the deepest first: a folder that may not be written must be filled before.
        for path, mode in reversed(self._modes):
            self._set_mode(path, mode)
        if self._result.held:
            with suppress(OSError):  # the same list is in the result
                held_list.save(self._held_dir, held_list.HeldList(workdir=self._workdir, held=self._result.held))
        return self._result

    def _one(self, change: Wanted) -> None:
        try:
            self._check(change)
            folder, name = os.path.split(change.path)
            parent = open_below(self._root, folder)
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
        except Hold as hold:
            self._hold(change, hold.reason, hold.detail)
        except OSError as error:
            self._hold(change, "failed", error.strerror or str(error))
        else:
            self._result.applied.append(shown(change.path))

    def _check(self, change: Wanted) -> None:
        """Raise Hold if the change must not be applied, whatever it holds."""
        parts = change.path.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise Hold("bad_path")
        above = ["/".join(parts[:at]) for at in range(1, len(parts))]
        if any(path in self._closed for path in above):
            raise Hold("inside_held")
        held = self._flags(change.path, change.flags) & self._held_flags
        # A new .git is an honest `git init` or clone: what it holds is judged path by path.
        if held and not (
            held == {"git_dir"} and change.kind == "directory" and not change.replaced and change.change != "deleted"
        ):
            if change.kind == "directory" and change.change != "deleted":
                self._closed.add(change.path)
            raise Hold("flagged", ", ".join(sorted(held)))
        if change.change == "deleted":
            return
        if change.kind == "other":
            raise Hold("special_file")
        root, target = os.geteuid() == 0, change.target or ""
        if change.kind == "symlink" and leads_outside(change.path, target, self._workdir, root=root):
            raise Hold("link_leads_outside")

    def _flags(self, path: str, known: Iterable[FileFlag] = ()) -> set[FileFlag]:
        return {*known, *file_flags(path)}

    def _delete(self, change: Wanted, parent: int, name: str) -> None:
        info = look(parent, name)
        if info is None:
            return
        if stat.S_ISDIR(info.st_mode) != (change.kind == "directory"):
            raise Hold("changed_meanwhile", "something else stands there now")
        if not self._remove(parent, name, change.path, 0):
            raise Hold("flagged", "the folder holds what is held")

    def _remove(self, parent: int, name: str, path: str, depth: int) -> bool:
        """Remove a file or a folder with all in it but what is held; return whether all of it went."""
        info = look(parent, name)
        if info is None:
            return True
        flags = self._flags(path)
        if depth and flags & self._held_flags:
            kind = "directory" if stat.S_ISDIR(info.st_mode) else "file"
            self._result.held.append(
                Held(
                    path=shown(path),
                    raw=raw_of(path),
                    change="deleted",
                    kind=kind,
                    reason="flagged",
                    flags=sorted(flags),
                    base=self._base(path),
                )
            )
            return False
        if not stat.S_ISDIR(info.st_mode):
            os.unlink(name, dir_fd=parent)
            return True
        if depth > _DEPTH:
            raise Hold("failed", "folders nested too deeply")
        folder = paths.open_folder(parent, name)
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
        info = look(parent, name)
        if info is None or stat.S_ISDIR(info.st_mode) == for_folder:
            return
        if not change.replaced:
            raise Hold("changed_meanwhile", "something else stands there now")
        if not self._remove(parent, name, change.path, 0):
            raise Hold("flagged", "the folder that stood here holds what is held")

    def _folder(self, change: Wanted, parent: int, name: str) -> None:
        try:
            self._make_room(change, parent, name, for_folder=True)
            if look(parent, name) is None:
                os.mkdir(name, 0o700, dir_fd=parent)
                if self._owner is not None:
                    os.chown(name, *self._owner, dir_fd=parent, follow_symlinks=False)
        except (Hold, OSError):
            self._closed.add(change.path)
            raise
        self._modes.append((change.path, change.mode))

    def _set_mode(self, path: str, mode: int) -> None:
        handle = -1
        try:
            handle = open_handle(self._root, path)
            info = os.fstat(handle)
            if not stat.S_ISDIR(info.st_mode):
                raise Hold("changed_meanwhile", "something else stands there now")
            # By its handle, because a folder that may not be read can still be given its mode.
            os.chmod(f"/proc/self/fd/{handle}", (mode & 0o777) | (info.st_mode & 0o7000))
        except (Hold, OSError) as error:
            reason, detail = (error.reason, error.detail) if isinstance(error, Hold) else ("failed", error.strerror or "")
            self._result.held.append(
                Held(
                    path=shown(path),
                    raw=raw_of(path),
                    change="modified",
                    kind="directory",
                    reason=reason,
                    mode=mode & 0o777,
                    base=self._base(path),
                    detail=detail,
                )
            )
        finally:
            if handle >= 0:
                os.close(handle)

    def _link(self, change: Wanted, parent: int, name: str) -> None:
        handle = open_handle(*self._source(change))
        try:
            target = os.readlink("", dir_fd=handle)
        finally:
            os.close(handle)
        if target != change.target:
            raise Hold("changed_meanwhile", "the link points elsewhere now")
        with beside(parent, name) as new:
            os.symlink(target, new, dir_fd=parent)
            if self._owner is not None:
                os.chown(new, *self._owner, dir_fd=parent, follow_symlinks=False)
            self._make_room(change, parent, name, for_folder=False)

    def _file(self, change: Wanted, parent: int, name: str) -> None:
        source = self._open(change)
        try:
            with beside(parent, name) as new:
                self._write(change, source, parent, new)
                self._make_room(change, parent, name, for_folder=False)
        finally:
            os.close(source)
        if change.mode & 0o7000:
            self._result.stripped.append(shown(change.path))

    def _write(self, change: Wanted, source: int, parent: int, new: str) -> None:
        target = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)
        try:
            if copy(source, target, hashing=change.sha256 is not None) != change.sha256:
                raise Hold("changed_meanwhile", "the content is not what was recorded")
            if self._owner is not None:
                os.fchown(target, *self._owner)
            os.fchmod(target, change.mode & 0o777)
            written_ns = os.fstat(source).st_mtime_ns
            os.utime(target, ns=(written_ns, written_ns))
        finally:
            os.close(target)

    def _source(self, change: Wanted) -> tuple[int, str]:
        """Return (the tree that holds the content, the path in it)."""
        return (self._upper, change.path) if change.lower is None else (self._root, change.lower)

    def _open(self, change: Wanted) -> int:
        handle = open_handle(*self._source(change))
        try:
            return paths.open_regular(handle)
        except paths.NotRegular as error:
            raise Hold("changed_meanwhile", "no longer a file") from error
        finally:
            os.close(handle)

    def _hold(self, change: Wanted, reason: Reason, detail: str) -> None:
        kept = Kept(None)
        if change.kind == "file" and change.change != "deleted":
            try:
                source = self._open(change)
            except (Hold, OSError):
                pass  # there is nothing that could be kept
            else:
                kept = self._keeper.keep(source, change.path)
                os.close(source)
        self._result.held.append(
            Held(
                path=shown(change.path),
                raw=raw_of(change.path),
                change=change.change,
                kind=change.kind,
                reason=reason,
                flags=sorted(self._flags(change.path, change.flags)),
                mode=change.mode & 0o777,
                kept=kept.name,
                sha256=kept.sha256,
                size=kept.size,
                target=None if change.target is None else shown(change.target),
                raw_target=None if change.target is None else raw_of(change.target),
                base=self._base(change.path),
                detail=detail,
            )
        )

    def _base(self, path: str) -> str:
        """Return what stands in the work directory where a held change would go: who applies it later must find it so."""
        try:
            return fingerprint(self._root, path)
        except (OSError, ValueError):
            return "unreachable"
