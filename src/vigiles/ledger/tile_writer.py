"""The tree as files that other people's tools read: C2SP tlog-tiles (https://c2sp.org/tlog-tiles).

Entries are our leaf bytes, which are salted: bodies stay in the ledger. The folder can be carried on later, from where its
own checkpoint says it ends. A full tile is written once and never again, and the checkpoint comes last, so a reader never
meets a checkpoint whose tiles are not there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from vigiles.ledger.checkpoint import Checkpoint, parse_text
from vigiles.ledger.merkle import HASH_BYTES, Tree, leaf_hash, root_of
from vigiles.model.errors import InputInvalid, LedgerInvalid, LedgerUnwritable

#: Hashes in a full tile, entries in a full bundle: fixed by the format.
WIDTH = 256

#: From the index given on, all leaves up to the checkpoint's size.
Leaves = Callable[[int], Iterator[bytes]]

_ELSEWHERE = "Name a new folder, or the one that this ledger was exported to before."


@dataclass(frozen=True)
class Exported:
    """What an export did: the log's ``size``, where it went on ``start``, files written and files that were there."""

    size: int
    start: int
    written: int
    kept: int


def export(folder: Path, checkpoint: Checkpoint, note: bytes, leaves: Leaves, bundles: set[int] | None = None) -> Exported:
    """Bring ``folder`` up to ``checkpoint``, whose signed form is ``note``; the caller has checked its signature.

    ``bundles`` limits the entry bundles to those numbers (entry index // 256); hash tiles are always whole. Nothing is
    written unless the leaves give the checkpoint's root and the tree that the folder holds is a beginning of it.

    Raises :class:`InputInvalid` if the folder holds another log, :class:`LedgerInvalid` if a tree does not fit,
    :class:`LedgerUnwritable`.
    """
    try:
        return _Writer(folder, checkpoint, bundles).bring_up(note, leaves)
    except OSError as error:
        raise LedgerUnwritable(
            f"cannot write {error.filename or folder}: {error.strerror}", "Name a folder that you can write."
        ) from error


class _Writer:
    def __init__(self, folder: Path, checkpoint: Checkpoint, bundles: set[int] | None) -> None:
        self._folder = folder
        self._checkpoint = checkpoint
        self._bundles = bundles
        self._written = 0
        self._kept = 0

    def bring_up(self, note: bytes, leaves: Leaves) -> Exported:
        before = self._published()
        if before.origin != self._checkpoint.origin:
            raise InputInvalid(f"{self._folder} holds another log: {before.origin}", _ELSEWHERE)
        if before.size > self._checkpoint.size:
            raise LedgerInvalid(
                f"{self._folder} holds {before.size} records, the ledger's newest checkpoint {self._checkpoint.size}",
                "A tail was cut from this ledger, or it is not the one exported. Run: vigiles ledger verify.",
            )
        edge = self._edge(before.size)
        start = before.size - len(edge[0])
        self._check(before, edge, start, leaves)
        edge[0] = []
        self._tiles(edge, start, leaves)
        self._fill(start // WIDTH, leaves)
        # The tiles must be on the disk before a checkpoint speaks of them: one flush is cheaper than one for each file.
        os.sync()
        self._replace(self._folder / "checkpoint", note, sync=True)
        return Exported(self._checkpoint.size, before.size, self._written, self._kept)

    def _published(self) -> Checkpoint:
        """Return what the folder's checkpoint says; of a folder without one, an empty tree."""
        path = self._folder / "checkpoint"
        if not path.exists():
            return Checkpoint(self._checkpoint.origin, 0, Tree().root())
        try:
            return parse_text(path.read_bytes().decode("utf-8").rpartition("\n\n")[0] + "\n")
        except ValueError as error:
            raise InputInvalid(f"{path} is not a checkpoint: {error}", _ELSEWHERE) from error

    def _edge(self, size: int) -> list[list[bytes]]:
        """Read the right edge of a tree of ``size``: per level the hashes that do not yet fill a tile."""
        edge: list[list[bytes]] = [[]]
        for level in range(_levels(size)):
            count = size >> 8 * level
            data = b""
            if count % WIDTH:
                path = self._folder / hash_path(level, count // WIDTH, count % WIDTH)
                data = path.read_bytes() if path.exists() else b""
                if len(data) != HASH_BYTES * (count % WIDTH):
                    raise LedgerInvalid(f"{path} is missing or damaged", _ELSEWHERE)
            hashes = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
            edge[level:] = [hashes]
        return edge

    def _check(self, before: Checkpoint, edge: list[list[bytes]], start: int, leaves: Leaves) -> None:
        """Raise unless folder, ledger and checkpoint tell one history."""
        tree = Tree(start, [root_of(part) for hashes in reversed(edge[1:]) for part in _perfect(hashes)])
        old = tree.copy()
        for hashed in edge[0]:
            old.push(hashed)
        if old.root() != before.root:
            raise LedgerInvalid(f"the tiles in {self._folder} are not those of its own checkpoint", _ELSEWHERE)
        for leaf in leaves(start):
            tree.push(leaf_hash(leaf))
            if tree.size == before.size and tree.root() != before.root:
                raise LedgerInvalid(f"{self._folder} holds another history than this ledger", "Run: vigiles ledger verify.")
        if (tree.size, tree.root()) != (self._checkpoint.size, self._checkpoint.root):
            raise LedgerInvalid("the ledger is not what its newest checkpoint signed", "Run: vigiles ledger verify.")

    def _tiles(self, edge: list[list[bytes]], start: int, leaves: Leaves) -> None:
        bundle: list[bytes] = []
        at = start
        for leaf in leaves(start):
            bundle.append(leaf)
            at += 1
            if len(bundle) == WIDTH:
                self._bundle(at // WIDTH - 1, bundle)
                self._grow(edge, at, [leaf_hash(one) for one in bundle])
                bundle = []
        self._bundle(at // WIDTH, bundle)
        edge[0] = [leaf_hash(one) for one in bundle]
        for level, hashes in enumerate(edge):
            if hashes:
                self._place(hash_path(level, at >> 8 * (level + 1), len(hashes)), b"".join(hashes))

    def _fill(self, end: int, leaves: Leaves) -> None:
        """Write the wanted bundles before bundle ``end`` that an earlier, narrower export left out."""
        for number in range(end) if self._bundles is None else sorted(one for one in self._bundles if one < end):
            if not (self._folder / bundle_path(number)).exists():
                entries = list(islice(leaves(number * WIDTH), WIDTH))
                tile = self._folder / hash_path(0, number)
                if not tile.exists() or tile.read_bytes() != b"".join(map(leaf_hash, entries)):
                    raise LedgerInvalid(f"{tile} is not what the ledger gives", _ELSEWHERE)
                self._bundle(number, entries)

    def _grow(self, edge: list[list[bytes]], size: int, hashes: list[bytes]) -> None:
        """Write a full tile of leaf hashes, and the tiles above that are full by it."""
        level = 0
        while True:
            self._place(hash_path(level, (size >> 8 * (level + 1)) - 1), b"".join(hashes))
            level += 1
            if level == len(edge):
                edge.append([])
            edge[level].append(root_of(hashes))
            if len(edge[level]) < WIDTH:
                return
            hashes, edge[level] = edge[level], []

    def _bundle(self, number: int, entries: list[bytes]) -> None:
        if entries and (self._bundles is None or number in self._bundles):
            data = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
            self._place(bundle_path(number, len(entries) % WIDTH), data)

    def _place(self, relative: str, data: bytes) -> None:
        """Write a file that is not there. One that is must be the same, or the torn beginning a crash may leave."""
        path = self._folder / relative
        if path.exists():
            held = path.read_bytes()
            if held == data:
                self._kept += 1
                return
            if not data.startswith(held):
                raise LedgerInvalid(f"{path} holds something else and is never rewritten", _ELSEWHERE)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._replace(path, data)

    def _replace(self, path: Path, data: bytes, *, sync: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.new")
        with temporary.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
        self._written += 1


def hash_path(level: int, number: int, partial: int = 0) -> str:
    """Return where the tile of hashes lies: ``tile/<level>/<number>[.p/<width>]``."""
    return f"tile/{level}/{_numbered(number)}" + (f".p/{partial}" if partial else "")


def bundle_path(number: int, partial: int = 0) -> str:
    """Return where the bundle of entries lies: ``tile/entries/<number>[.p/<width>]``."""
    return f"tile/entries/{_numbered(number)}" + (f".p/{partial}" if partial else "")


def _numbered(number: int) -> str:
    """Three digits a folder, all but the last behind an x: 1234067 is ``x001/x234/067``."""
    text = f"{number % 1000:03d}"
    while number >= 1000:
        number //= 1000
        text = f"x{number % 1000:03d}/{text}"
    return text


def _levels(size: int) -> int:
    levels = 0
    while size >> 8 * levels:
        levels += 1
    return levels


def _perfect(hashes: list[bytes]) -> Iterator[list[bytes]]:
    """Cut into parts whose lengths are powers of two, largest first."""
    at = 0
    while at < len(hashes):
        length = 1 << (len(hashes) - at).bit_length() - 1
        yield hashes[at : at + length]
        at += length
