"""What a cell did to its work directory, read from its overlay.

The changes since the last look are what the runtime attributes after each call; all changes are what is applied, or held
back, at the end of the episode.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections import Counter
from collections.abc import Collection

from vigiles.model.attribution import NOBODY, Attribution
from vigiles.sensors.change import Change, Flags, Limits, What, kind_of
from vigiles.sensors.marks import Marks
from vigiles.sensors.merge import Found, Merge
from vigiles.sensors.tree import Look, gone, link_target, look_at, open_below

#: A ctime younger than this may still be given to another write (file systems stamp by a coarse clock).
COARSE_NS = 20_000_000


def attribute(open_calls: Collection[int]) -> Attribution:
    """Return whose changes these are: ``open_calls`` are the calls that had living processes since the last look.

    An overlay does not say who wrote. One such call: inferred, for nobody else was there; several: ambiguous.
    """
    calls = sorted(set(open_calls))
    if not calls:
        return NOBODY
    if len(calls) == 1:
        return Attribution(grade="inferred", call=calls[0], methods=["sole_call"])
    return Attribution(grade="ambiguous", candidates=calls)


class FileSensor:
    """Compares an overlay's upper folder with the folder below it.

    ``upper``: a descriptor of the upper folder, which stays the caller's. ``lower``: the work directory on the host.
    ``flags``: the flags of a path relative to it. ``userxattr``: the overlay was mounted by an ordinary user. Raises
    OSError if ``lower`` cannot be opened.
    """

    def __init__(
        self,
        upper: int,
        lower: str,
        flags: Flags,
        digest_limit: int = 16 << 20,
        *,
        userxattr: bool,
        limits: Limits | None = None,
    ) -> None:
        given = limits or Limits()
        self._limits = dataclasses.replace(given, digest_limit=digest_limit)
        self._upper = upper
        self._lower = os.open(lower, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._flags = flags
        self._marks = Marks(userxattr=userxattr)
        self._found: dict[str, Found] = {}
        self._gaps: Counter[str] = Counter()
        self._born = os.fstat(upper)

    def untouched(self) -> bool:
        """Say whether nothing was ever written: a look would find nothing. Two system calls; raises OSError."""
        now = os.fstat(self._upper)
        same = (now.st_ctime_ns, now.st_mtime_ns) == (self._born.st_ctime_ns, self._born.st_mtime_ns)
        return same and not self._found and not os.listdir(self._upper)

    def close(self) -> None:
        """Close the lower folder."""
        if self._lower >= 0:
            os.close(self._lower)
        self._lower = -1

    def look(self, *, thorough: bool = False) -> list[Change]:
        """Return what changed since the last look (the first time: since the cell began), in order of path.

        A look costs an lstat for each path the cell ever wrote, and reads only what is new. ``thorough`` reads all again:
        a write through a shared memory mapping may leave no trace in the times of a file, so the last look should.
        """
        look = Look(self._limits)
        known = {} if thorough else self._found
        settled = time.time_ns() - COARSE_NS
        before, after = self._found, Merge(self._upper, self._lower, self._marks, self._flags, look, known, settled).run()
        if look.partial:
            self._keep(before, after)
        self._found = after
        self._gaps += look.gaps
        missing = [path for path in before if path not in after or after[path].change is None]
        moved = _moved(before, after, missing)
        changes = [_step(before.get(path), found, moved.get(path)) for path, found in after.items()]
        changes.extend(self._undone(path, before[path], look) for path in missing)
        return self._with_moves(sorted((c for c in changes if c is not None), key=lambda c: c.path), look)

    def changes(self) -> list[Change]:
        """Return all changes against the lower folder as of the last look, in order of path."""
        return [found.change for _, found in sorted(self._found.items()) if found.change is not None]

    def take_gaps(self) -> dict[str, int]:
        """Return what could not be seen since the last time this was asked: what, how often."""
        gaps, self._gaps = dict(self._gaps), Counter()
        return gaps

    def _keep(self, before: dict[str, Found], after: dict[str, Found]) -> None:
        """Keep what this look had no room for and what stands there still, up to as much again as one look may have."""
        for path, found in before.items():
            if path not in after and len(after) < 2 * self._limits.entries and not gone(self._upper, path):
                after[path] = found

    def _undone(self, path: str, before: Found, look: Look) -> Change | None:
        """Return the step back of a path that the upper folder no longer speaks of: gone, or as it was below."""
        change = before.change
        if change is None:
            return None
        folder, name = os.path.split(path)
        parent = None if self._hidden(folder) else open_below(self._lower, folder)
        try:
            info = look_at(parent, name)
            if info is None or parent is None:
                if change.change == "deleted":
                    return None
                return Change(path=path, change="deleted", kind=change.kind, flags=change.flags)
            kind = kind_of(info.st_mode)
            return Change(
                path=path,
                change="created" if change.change == "deleted" else "modified",
                kind=kind,
                size=info.st_size if kind == "file" else 0,
                mode=info.st_mode & 0o7777,
                sha256=look.digest(parent, name)[0] if kind == "file" else None,
                flags=change.flags,
                target=link_target(parent, name) if kind == "symlink" else None,
            )
        finally:
            if parent is not None:
                os.close(parent)

    def _hidden(self, folder: str) -> bool:
        """Say whether a folder of the lower side no longer shows."""
        while folder:
            found = self._found.get(folder)
            change = found.change if found is not None else None
            if change is not None and (change.change == "deleted" or change.kind != "directory" or change.replaced):
                return True
            folder = os.path.dirname(folder)
        return False

    def _with_moves(self, changes: list[Change], look: Look) -> list[Change]:
        """Mark created files whose content is that of a file of the lower folder which went at the same time."""
        deleted = [c.path for c in changes if c.change == "deleted" and c.kind == "file"]
        fresh = [c for c in changes if c.change == "created" and c.sha256 is not None and c.size]
        if not deleted or not fresh:
            return changes
        sizes = {c.size for c in fresh}
        origin: dict[str, str] = {}
        for path in deleted:
            folder, name = os.path.split(path)
            parent = open_below(self._lower, folder)
            if parent is None:
                continue
            try:
                info = look_at(parent, name)
                digest = look.digest(parent, name)[0] if info is not None and info.st_size in sizes else None
            finally:
                os.close(parent)
            if digest is not None:
                origin.setdefault(digest, path)
        result = []
        for change in changes:
            source = origin.pop(change.sha256, None) if change.change == "created" and change.sha256 else None
            result.append(change if source is None else dataclasses.replace(change, change="moved", moved_from=source))
        return result


def _moved(before: dict[str, Found], after: dict[str, Found], missing: list[str]) -> dict[str, str]:
    """Return new path -> old path of files that were written earlier and renamed since: the inode is the same."""
    old = {f.signature.ino: path for path in missing if (f := before[path]).signature is not None and _is_file(f)}
    if not old:
        return {}
    return {
        path: old[found.signature.ino]
        for path, found in after.items()
        if path not in before and _is_file(found) and found.signature is not None and found.signature.ino in old
    }


def _is_file(found: Found) -> bool:
    return found.change is not None and found.change.kind == "file"


def _step(before: Found | None, after: Found, source: str | None) -> Change | None:
    """Return the change from one look to the next; what became equal to the base is not told here."""
    now = after.change
    then = before.change if before is not None else None
    if now is None or (then is not None and then.change == now.change == "deleted"):
        return None
    if source is not None:
        return dataclasses.replace(now, change="moved", moved_from=source)
    if then is None:
        # What equalled the base (a touched file) or was never spoken of is new against it.
        return now
    if now.change == "deleted":
        return now
    if then.change == "deleted":
        return _as(now, "created")
    if (now.kind, now.size, now.mode, now.target, now.sha256) == (then.kind, then.size, then.mode, then.target, then.sha256):
        unread = now.kind == "file" and now.sha256 is None
        if not unread or (before is not None and before.signature == after.signature):
            return None
    return _as(now, "modified")


def _as(change: Change, what: What) -> Change:
    return dataclasses.replace(change, change=what, moved_from=None)
