"""The difference between an overlay and the folder below it, path by path.

One walk looks at each folder three ways at once: what the *upper* folder holds, which lower folder shows *through* it
(none if it is opaque, another one if it was renamed) and what the work directory has at that *base* path. Only folders
that exist in the upper one are entered, so the cost is that of what the cell wrote, not of the work directory.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from vigiles.model.observation.files import FileFlag
from vigiles.sensors.change import Change, Flags, Kind, Signature, flags_of, join, kind_of, signature
from vigiles.sensors.marks import Marks
from vigiles.sensors.tree import Look, link_target, look_at, open_below, open_folder

_MODE = 0o7777
_REPOSITORY: dict[str, FileFlag] = {
    "HEAD": "git_dir",
    "config": "git_config",
    "config.worktree": "git_config",
    "commondir": "git_config",
    "hooks": "git_dir",
}

_BRANCHES = frozenset({"refs", "logs", "objects"})


@dataclass(frozen=True, slots=True)
class Found:
    """What one path is now. ``change`` is None if it equals the base; ``sure``: an equal signature means equal content."""

    signature: Signature | None
    sure: bool
    change: Change | None


@dataclass(slots=True)
class _Place:
    """One folder, three ways; ``below`` is the lower path of ``through``. Owns its descriptors."""

    path: str
    upper: int | None
    through: int | None
    base: int | None
    below: str
    listed: bool = False
    opened: list[int] = field(default_factory=list)
    repository: bool = False
    hooks: bool = False

    @property
    def plain(self) -> bool:
        """Say whether what shows through is what the work directory has."""
        return self.through == self.base

    def close(self) -> None:
        for fd in self.opened:
            os.close(fd)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One name in the merged folder: its lstat, the folder that really holds it, its lower path if that one is lower."""

    info: os.stat_result
    holder: int
    lower: str | None


class Merge:
    """One walk. ``known``: the last walk's findings, believed where the signature is still the same."""

    def __init__(
        self, upper: int, lower: int, marks: Marks, flags: Flags, look: Look, known: Mapping[str, Found], settled_ns: int
    ) -> None:
        self._root = _Place("", upper, lower, lower, "")
        self._lower = lower
        self._marks = marks
        self._flags = flags
        self._look = look
        self._known = known
        self._settled_ns = settled_ns
        self.found: dict[str, Found] = {}

    def run(self) -> dict[str, Found]:
        """Return every path that the upper folder speaks of."""
        self._walk(self._root, 0)
        return self.found

    def _walk(self, place: _Place, depth: int) -> None:
        uppers = self._look.entries(place.upper) if place.upper is not None else {}
        names = set(uppers)
        throughs: dict[str, os.stat_result] = {}
        if not place.plain:
            throughs = self._look.entries(place.through) if place.through is not None else {}
            names |= set(throughs)
            if place.base is not None:
                names |= set(self._look.entries(place.base))
        place.repository = _is_repository(place)
        for name in sorted(names):
            self._entry(place, name, self._merged(place, name, uppers.get(name), throughs), depth)

    def _merged(
        self, place: _Place, name: str, above: os.stat_result | None, throughs: Mapping[str, os.stat_result]
    ) -> _Entry | None:
        if above is not None and place.upper is not None:
            if self._marks.whiteout(place.upper, name, above, listed=place.listed):
                return None
            return _Entry(above, place.upper, None)
        through = throughs.get(name)
        if through is None or place.through is None:
            return None
        return _Entry(through, place.through, join(place.below, name))

    def _entry(self, place: _Place, name: str, entry: _Entry | None, depth: int) -> None:
        path = join(place.path, name)
        base = look_at(place.base, name)
        if entry is None:
            if base is not None:
                kind = kind_of(base.st_mode)
                flags = self._flagged(place, path, kind, None)
                self.found[path] = Found(None, False, Change(path=path, change="deleted", kind=kind, flags=flags))
            return
        if stat.S_ISDIR(entry.info.st_mode):
            self._folder(place, name, path, entry, base, depth)
            return
        known = self._known.get(path)
        seen = signature(entry.info)
        if known is not None and known.sure and known.signature == seen and not (place.repository or place.hooks):
            self.found[path] = known
            return
        change, still = self._file(place, name, path, entry, base)
        # A clock that ticks slower than somebody writes may give two states one ctime: believe it only once it is old.
        sure = still and seen.ctime_ns < self._settled_ns
        self.found[path] = Found(seen, sure, change)

    def _file(
        self, place: _Place, name: str, path: str, entry: _Entry, base: os.stat_result | None
    ) -> tuple[Change | None, bool]:
        """Compare what is no folder with the base; return (the change if any, whether it stood still)."""
        info, kind = entry.info, kind_of(entry.info.st_mode)
        sha256, target, lower, still = None, None, entry.lower, True
        holder = entry.holder
        if kind == "file" and lower is None and self._marks.of_entry(holder, name, "metacopy") is not None:
            moved = self._marks.of_entry(holder, name, "redirect")
            lower = join(place.below, name) if not moved else os.fsdecode(moved).lstrip("/")
            self._look.gaps["files whose content lies below under another name"] += 1
        elif kind == "file":
            sha256, still = self._look.digest(holder, name)
        elif kind == "symlink":
            target = link_target(holder, name)
        if base is not None and kind_of(base.st_mode) == kind and (base.st_mode & _MODE) == (info.st_mode & _MODE):
            if kind == "symlink" and place.base is not None and link_target(place.base, name) == target:
                return None, True
            same_size = kind == "file" and base.st_size == info.st_size and sha256 is not None
            if same_size and place.base is not None and self._look.digest(place.base, name)[0] == sha256:
                return None, still
        return (
            Change(
                path=path,
                change="created" if base is None else "modified",
                kind=kind,
                size=info.st_size,
                mode=info.st_mode & _MODE,
                sha256=sha256,
                flags=self._flagged(place, path, kind, target),
                target=target,
                lower=lower,
                replaced=base is not None and kind_of(base.st_mode) != kind,
            ),
            still,
        )

    def _folder(self, place: _Place, name: str, path: str, entry: _Entry, base: os.stat_result | None, depth: int) -> None:
        inner, replaced, moved_from = self._enter(place, name, path, entry)
        try:
            was_folder = base is not None and stat.S_ISDIR(base.st_mode)
            mode = entry.info.st_mode & _MODE
            replaced = base is not None and (replaced or not was_folder)
            if not was_folder or replaced or (base is not None and (base.st_mode & _MODE) != mode):
                change = Change(
                    path=path,
                    change=("moved" if moved_from is not None else "created") if base is None else "modified",
                    kind="directory",
                    mode=mode,
                    flags=self._flagged(place, path, "directory", None),
                    moved_from=moved_from,
                    replaced=replaced,
                )
                self.found[path] = Found(None, False, change)
            if inner is not None:
                inner.hooks = place.repository and name == "hooks"
            if inner is not None and not self._look.too_deep(depth + 1):
                self._walk(inner, depth + 1)
        finally:
            if inner is not None:
                inner.close()

    def _enter(self, place: _Place, name: str, path: str, entry: _Entry) -> tuple[_Place | None, bool, str | None]:
        """Open a folder three ways; return (it, whether what was below is hidden, the lower path it came from)."""
        opened: list[int] = []

        def child(parent: int | None) -> int | None:
            fd = open_folder(parent, name) if parent is not None else None
            if fd is not None:
                opened.append(fd)
            return fd

        if entry.lower is not None:
            base, through = child(place.base), child(place.through)
            return _Place(path, None, through, base, entry.lower, opened=opened), False, None
        upper = child(place.upper)
        if upper is None:
            self._look.unreadable()
            return None, False, None
        base = child(place.base)
        mark, origin = self._marks.opaque(upper), self._marks.redirect(upper)
        if mark == b"y":
            return _Place(path, upper, None, base, "", opened=opened), True, None
        if origin is not None:
            below = origin.lstrip("/") if origin.startswith("/") else join(place.below, origin)
            through = open_below(self._lower, below)
            if through is not None:
                opened.append(through)
            return _Place(path, upper, through, base, below, opened=opened), True, below
        through = base if place.plain else child(place.through)
        return _Place(path, upper, through, base, join(place.below, name), mark == b"x", opened), False, None

    def _flagged(self, place: _Place, path: str, kind: Kind, target: str | None) -> tuple[FileFlag, ...]:
        """Return the flags by name, and those of a repository without the usual name.

        Git takes any folder with HEAD, objects and refs for a repository, and runs what its config and hooks say.
        """
        flags = flags_of(path, kind, target, self._flags)
        more: FileFlag | None = None
        name = path.rpartition("/")[2]
        if place.repository and name in _REPOSITORY:
            more = _REPOSITORY[name]
        elif place.hooks and not name.endswith(".sample"):
            more = "git_hook"
        return flags if more is None or more in flags else (*flags, more)


def _is_repository(place: _Place) -> bool:
    """Say whether git takes the folder for a repository, and its name does not say so.

    What ``commondir`` names stands for objects and refs that lie elsewhere. In the folders where git keeps branches and
    objects, no name says anything.
    """
    names = place.path.split("/")
    known = ".git" in names and not _BRANCHES & set(names[names.index(".git") :])
    if known or names[-1].endswith(".git"):
        return False

    def has(name: str) -> bool:
        return bool(look_at(place.upper, name) or look_at(place.through, name))

    return has("HEAD") and (has("commondir") or (has("objects") and has("refs")))
