"""The processes of one call as a tree, from what was seen to start and to end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vigiles.model.observation.process import ProcessExit, ProcessStart


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """One process: its last known image, how deep it stands, and whether it was seen to end."""

    start: ProcessStart
    depth: int
    ended: bool


def process_tree(starts: Sequence[ProcessStart], exits: Sequence[ProcessExit]) -> list[Branch]:
    """Return the processes in depth-first order. A process that executes again keeps its place and shows its newest image.

    A parent that was not seen (it belongs to another call, or is gone) makes its child a root.
    """
    images: dict[int, ProcessStart] = {}
    parents: dict[int, int] = {}
    for start in starts:
        images[start.pid] = start
        parents.setdefault(start.pid, start.ppid)
    gone = {seen.pid for seen in exits}
    children: dict[int, list[int]] = {}
    roots: list[int] = []
    for pid in images:
        parent = parents[pid]
        if parent in images and parent != pid:
            children.setdefault(parent, []).append(pid)
        else:
            roots.append(pid)
    branches: list[Branch] = []
    placed: set[int] = set()
    # What hangs in a circle (a pid that came twice) has no root; it is shown as one.
    waiting = [(pid, 0) for pid in reversed([*roots, *images])]
    while waiting:
        pid, depth = waiting.pop()
        if pid in placed:
            continue
        placed.add(pid)
        branches.append(Branch(start=images[pid], depth=depth, ended=pid in gone))
        waiting += [(child, depth + 1) for child in reversed(children.get(pid, []))]
    return branches
