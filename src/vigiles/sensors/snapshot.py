"""What changed in a folder that the cell writes directly, without an overlay: two looks, compared."""

from __future__ import annotations

import dataclasses
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator

from vigiles.sensors.change import Change, Flags, Limits, Signature, flags_of, join, kind_of, signature
from vigiles.sensors.files import COARSE_NS
from vigiles.sensors.tree import Look, gone, link_target, open_folder


class SnapshotSensor:
    """Compares a folder with itself at the last look; the first look is taken at once.

    Which content a file had before is not known, so a file that was only touched is *modified* too. ``path``: the work
    directory. Raises OSError if it cannot be opened.
    """

    def __init__(self, path: str, flags: Flags, digest_limit: int = 16 << 20, *, limits: Limits | None = None) -> None:
        self._limits = dataclasses.replace(limits or Limits(entries=50_000), digest_limit=digest_limit)
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._flags = flags
        self._gaps: Counter[str] = Counter()
        self._young: dict[str, str | None] = {}
        look = Look(self._limits)
        self._seen = {path: _state(info) for path, _, _, info in self._walk(look, self._root, "", 0)}
        self._gaps += look.gaps

    def close(self) -> None:
        """Close the folder."""
        if self._root >= 0:
            os.close(self._root)
        self._root = -1

    def look(self) -> list[Change]:
        """Return what changed since the last look, in order of path. Reads only files whose lstat is other than before."""
        look = Look(self._limits)
        settled = time.time_ns() - COARSE_NS
        seen: dict[str, Signature] = {}
        changes: list[Change] = []
        young: dict[str, str | None] = {}
        for path, folder, name, info in self._walk(look, self._root, "", 0):
            state, before = _state(info), self._seen.get(path)
            seen[path] = state
            again = before == state and path in self._young
            if before == state and not again:
                continue
            change = self._change(look, path, folder, name, info, created=before is None)
            if change.kind == "file" and info.st_ctime_ns >= settled:
                young[path] = change.sha256  # another write may still get the same ctime: read it again next time
            if not again or change.sha256 != self._young[path]:
                changes.append(change)
        moved = {seen[c.path].ino: c.path for c in changes if c.change == "created" and c.kind == "file"}
        origin: dict[str, str] = {}
        for path, state in self._seen.items():
            if path in seen:
                continue
            if look.partial and not gone(self._root, path):
                self._keep(path, state, seen, young)
                continue
            kind = kind_of(state.mode)
            changes.append(Change(path=path, change="deleted", kind=kind, flags=flags_of(path, kind, None, self._flags)))
            if kind == "file" and state.ino in moved:
                origin[moved[state.ino]] = path
        self._seen, self._young = seen, young
        self._gaps += look.gaps
        changes = [
            c if c.path not in origin else dataclasses.replace(c, change="moved", moved_from=origin[c.path]) for c in changes
        ]
        return sorted(changes, key=lambda c: c.path)

    def _keep(self, path: str, state: Signature, seen: dict[str, Signature], young: dict[str, str | None]) -> None:
        """Remember what this look had no room for, up to as much again as one look may have."""
        if len(seen) < 2 * self._limits.entries:
            seen[path] = state
            if path in self._young:
                young[path] = self._young[path]

    def take_gaps(self) -> dict[str, int]:
        """Return what could not be seen since the last time this was asked: what, how often."""
        gaps, self._gaps = dict(self._gaps), Counter()
        return gaps

    def _change(self, look: Look, path: str, folder: int, name: str, info: os.stat_result, *, created: bool) -> Change:
        kind = kind_of(info.st_mode)
        target = link_target(folder, name) if kind == "symlink" else None
        return Change(
            path=path,
            change="created" if created else "modified",
            kind=kind,
            size=info.st_size if kind == "file" else 0,
            mode=info.st_mode & 0o7777,
            sha256=look.digest(folder, name)[0] if kind == "file" else None,
            flags=flags_of(path, kind, target, self._flags),
            target=target,
        )

    def _walk(self, look: Look, folder: int, path: str, depth: int) -> Iterator[tuple[str, int, str, os.stat_result]]:
        """Yield path, the folder it is in, name and lstat of everything below, folders before what is in them."""
        for name, info in look.entries(folder).items():
            here = join(path, name)
            yield here, folder, name, info
            if not stat.S_ISDIR(info.st_mode) or look.too_deep(depth + 1):
                continue
            below = open_folder(folder, name)
            if below is None:
                look.unreadable()
                continue
            try:
                yield from self._walk(look, below, here, depth + 1)
            finally:
                os.close(below)


def _state(info: os.stat_result) -> Signature:
    """Return the signature; of a folder only what is its own, for its times tell of what is in it."""
    seen = signature(info)
    return seen if not stat.S_ISDIR(info.st_mode) else Signature(seen.ino, 0, 0, 0, seen.mode)
