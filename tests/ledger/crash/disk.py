"""What a disk may hold after the power went: the states that a recording allows, and which of them to look at.

The rules, as strict as POSIX lets a disk be:

- What was written to a file before its last sync is there. Of what was written or cut since, any part may be there,
  in any order.
- A write may be torn at sectors of 512 bytes. A sector that a lost write would have made new holds zeros or anything.
- A name (of a new file, a link, a removal) is sure only after a sync of its folder; until then it may or may not be there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECTOR = 512
#: How the changes that are not sure are dealt with in one state.
WAYS = ("all", "none", "prefixes", "some", "torn", "sectors", "swapped")


@dataclass(frozen=True)
class State:
    """``files``: path -> content, of one disk at crash position ``at``; ``folders``: those that exist."""

    at: int
    way: str
    seed: int
    files: dict[str, bytes]
    folders: frozenset[str]


@dataclass
class _Inode:
    sure: bytes = b""
    open: list[Any] = field(default_factory=list)


class Disk:
    """A disk to which a recording's operations are given one by one."""

    def __init__(self, root: str) -> None:
        self._inodes: dict[int, _Inode] = {}
        self._names: dict[str, int] = {}
        self._open_names: list[Any] = []
        self._root = root
        self._folders: set[str] = {root}

    def take(self, op: Any) -> None:
        """Let one operation happen."""
        if op.kind in ("create", "mkdir", "link", "rename", "unlink"):
            if op.kind == "create":
                self._inodes[op.file] = _Inode()
            self._open_names.append(op)
        elif op.kind in ("write", "truncate"):
            self._inodes.setdefault(op.file, _Inode()).open.append(op)
        elif op.kind == "sync" and op.file in self._inodes:
            inode = self._inodes[op.file]
            inode.sure, inode.open = _applied(inode.sure, inode.open), []
        elif op.kind == "syncdir":
            here = [one for one in self._open_names if _folder(one) == op.path]
            self._name(self._names, self._folders, here)
            self._open_names = [one for one in self._open_names if one not in here]

    @property
    def unsure(self) -> bool:
        """Whether the disk may be in more than one state."""
        return bool(self._open_names) or any(inode.open for inode in self._inodes.values())

    def state(self, at: int, way: str, seed: int) -> State:
        """Return one state that the disk may be in."""
        chance = random.Random(f"{at} {way} {seed}")
        names, folders = dict(self._names), set(self._folders)
        self._name(names, folders, _kept(self._open_names, way, chance))
        files = {}
        for path, number in names.items():
            if self._reachable(path, folders):
                files[path] = _after(self._inodes[number], way, chance)
        return State(at, way, seed, files, frozenset(folder for folder in folders if self._reachable(folder, folders)))

    def _reachable(self, path: str, folders: set[str]) -> bool:
        """Whether every folder above a path exists."""
        while path != self._root:
            path = str(Path(path).parent)
            if path not in folders:
                return False
        return True

    @staticmethod
    def _name(names: dict[str, int], folders: set[str], ops: list[Any]) -> None:
        for op in ops:
            if op.kind == "mkdir":
                folders.add(op.path)
            elif op.kind == "unlink":
                names.pop(op.path, None)
            elif op.kind == "create":
                names[op.path] = op.file
            else:
                names[op.other] = op.file
                if op.kind == "rename":
                    names.pop(op.path, None)


def _folder(op: Any) -> str:
    return str(Path(op.other or op.path).parent)


def _kept(ops: list[Any], way: str, chance: random.Random) -> list[Any]:
    if way == "all" or way in ("torn", "sectors"):
        return list(ops)
    if way == "none":
        return []
    if way == "prefixes":
        return ops[: chance.randint(0, len(ops))]
    return [op for op in ops if chance.random() < 0.5]


def _after(inode: _Inode, way: str, chance: random.Random) -> bytes:
    ops = inode.open
    if way in ("all", "none", "prefixes", "some"):
        return _applied(inode.sure, _kept(ops, way, chance))
    if way == "swapped":  # later ones first: what was overwritten comes back
        kept = _kept(ops, "some", chance)
        chance.shuffle(kept)
        return _applied(inode.sure, kept)
    content = inode.sure
    unlucky = chance.randrange(len(ops)) if ops else 0
    for number, op in enumerate(ops):
        if op.kind == "truncate" or (way == "torn" and number != unlucky):
            content = _applied(content, [op])
            continue
        content = _torn(content, op, chance)
        if way == "torn":
            break
    return content


def _torn(content: bytes, op: Any, chance: random.Random) -> bytes:
    """Write only some of the sectors that a write touches."""
    at, end = op.offset, op.offset + len(op.data)
    result = bytearray(content)
    while at < end:
        stop = min(end, (at // SECTOR + 1) * SECTOR)
        piece = op.data[at - op.offset : stop - op.offset]
        if chance.random() < 0.5:
            _put(result, at, piece)
        elif at >= len(content) and chance.random() < 0.5:
            _put(result, at, chance.choice((bytes(len(piece)), chance.randbytes(len(piece)))))
        at = stop
    return bytes(result)


def _applied(content: bytes, ops: list[Any]) -> bytes:
    if not ops:
        return content
    result = bytearray(content)
    for op in ops:
        if op.kind == "write":
            _put(result, op.offset, op.data)
        elif op.offset <= len(result):
            del result[op.offset :]
        else:
            result += bytes(op.offset - len(result))
    return bytes(result)


def _put(content: bytearray, at: int, data: bytes) -> None:
    if len(content) < at:
        content += bytes(at - len(content))
    content[at : at + len(data)] = data


def states(ops: list[Any], root: str, *, most: int | None, seeds: int = 1) -> Iterator[State]:
    """Yield states that differ, in the order of their crash.

    Without ``most`` (about so many): at each position every way, ``seeds`` times. With it: all ways at a sample of the
    positions that have a sync, an answer or a change of a name beside them; one way, in turn, at a sample of the others.
    """
    plain = [op.kind in ("write", "truncate") for op in ops]
    edges = [n for n in range(len(ops) + 1) if not all(plain[max(0, n - 1) : n + 1])]
    others = [n for n in range(len(ops) + 1) if n not in set(edges)]
    if most is not None:
        chance = random.Random(most)
        edges = sorted(chance.sample(edges, min(len(edges), max(1, most // (2 * len(WAYS))))))
        others = sorted(chance.sample(others, min(len(others), most // 2)))
    at_edges, at_others = set(edges), {n: WAYS[turn % len(WAYS)] for turn, n in enumerate(others)}
    disk, seen = Disk(root), set()
    for at in range(len(ops) + 1):
        if at:
            disk.take(ops[at - 1])
        ways = WAYS if most is None or at in at_edges else [at_others[at]] if at in at_others else ()
        for way in ways if disk.unsure else ways[:1]:
            for seed in range(seeds):
                state = disk.state(at, way, seed)
                # The same files may owe more at a later position: what had been answered belongs to the state.
                answers = sum(op.kind == "sent" for op in ops[:at]) if most is None else at
                key = (hash(frozenset(state.files.items())), state.folders, answers)
                if key not in seen:
                    seen.add(key)
                    yield state
