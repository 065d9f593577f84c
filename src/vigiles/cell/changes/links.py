"""Which symbolic links of an episode may stand in the real work directory.

A link is a promise that whoever follows it later, a person or a tool with all of that person's rights, ends up where its
maker chose. So a link must lead to somewhere below the work directory, with one exception.

*System trees.* A virtual environment's ``bin/python`` points to ``/usr/bin/python3``. An ordinary user cannot write there,
so nobody who follows such a link can be led to overwrite or remove anything, and the cell could read those trees itself, so
the link opens nothing that was closed. None of that holds for root: a build that writes to ``out/tool``, or a clean-up that
empties ``out/``, would do it to the system. As root they stay held. They also stay held where this user may write after
all (a folder of one's own below ``/opt``, a group that owns ``/usr/local``), and where a link of the system leads on out
of the system trees (``/usr/tmp``). Homes, ``/tmp``, ``/etc`` and ``/proc`` are no system trees: they hold what is the user's
own, and what other programs obey.

What is left: deeper down in a folder of a system tree there may be a place that the user can write. A link to the folder
above it is applied.
"""

from __future__ import annotations

import os

SYSTEM_TREES = ("/usr", "/bin", "/lib", "/lib64", "/opt")


def leads_outside(path: str, target: str, workdir: str, *, root: bool) -> bool:
    """Say whether a link at ``path`` (relative to ``workdir``, a real absolute path) to ``target`` must be held.

    ``root``: we are root. ``..`` counts only at the start: behind a name that is itself a link, it goes who knows where.
    """
    if not target:
        return True
    if os.path.isabs(target):
        plain = os.path.normpath(target)
        if plain != (target.rstrip("/") or "/"):
            return True
        return not _below(plain, workdir) and (root or not _read_only_system(plain))
    parts = [part for part in target.split("/") if part not in ("", ".")]
    up = 0
    while up < len(parts) and parts[up] == "..":
        up += 1
    return up > path.count("/") or ".." in parts[up:]


def _below(path: str, folder: str) -> bool:
    return (path + "/").startswith(folder.rstrip("/") + "/")


def _read_only_system(target: str) -> bool:
    """Say whether a plain absolute path lies in a system tree, where the system leads it too, out of this user's hands."""
    real = os.path.realpath(target)
    if not all(any(_below(path, tree) and path != tree for tree in SYSTEM_TREES) for path in (target, real)):
        return False
    while real != "/":
        if os.access(real, os.W_OK, effective_ids=True):
            return False
        real = os.path.dirname(real)
    return True
