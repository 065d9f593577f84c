"""Proving that a log was forked: two checkpoints signed by one key that cannot both be of one history.

Of two checkpoints of one size the roots differ. Of two sizes, the larger one's tree has a prefix of the smaller size, whose
root is not the one that was signed: a consistency proof (RFC 6962, section 2.1.2) from that prefix to the larger tree shows
it. So a proof needs no record, and whoever has the log's verifier key can check it.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from vigiles.ledger.checkpoint import Checkpoint, open_checkpoint
from vigiles.ledger.merkle import Tree, consistency_path, verify_consistency
from vigiles.ledger.note import NoteInvalid, Verifier, strict_base64
from vigiles.model.errors import InputInvalid


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="vigiles/fork/1"):
    """A proof as it is written: JSON with sorted keys."""

    key: str
    first: str
    path: list[str]
    prefix: str
    second: str


@dataclass(frozen=True)
class Fork:
    """``first`` and ``second`` are the signed notes, the smaller size first; ``prefix`` is the root of the first records of
    ``second``, as many as ``first`` covers, and ``path`` the consistency proof from there to ``second``.
    """

    verifier: Verifier
    first: bytes
    second: bytes
    prefix: bytes
    path: list[bytes]

    def checkpoints(self) -> tuple[Checkpoint, Checkpoint]:
        """Return both checkpoints, their signatures checked. Raises :class:`NoteInvalid`."""
        return open_checkpoint(self.first, [self.verifier]), open_checkpoint(self.second, [self.verifier])

    def why(self) -> str:
        """Say in one sentence why both cannot be of one history."""
        first, second = self.checkpoints()
        signed, shown = first.root.hex()[:16], self.prefix.hex()[:16]
        if first.size == second.size:
            return f"two trees of {first.size} records were signed: {signed}... and {shown}..."
        return (
            f"the first {first.size} records of the tree of {second.size} have the root {shown}...,"
            f" but {signed}... was signed for {first.size} records"
        )

    def encode(self) -> bytes:
        """Return the proof as a file's content."""
        told = _File(
            str(self.verifier),
            self.first.decode(),
            [_text(node) for node in self.path],
            _text(self.prefix),
            self.second.decode(),
        )
        return msgspec.json.encode(told, order="sorted") + b"\n"


def check_fork(data: bytes, verifier: Verifier | None = None) -> Fork:
    """Return the proof in ``data`` if it proves what it says.

    ``verifier``: the key that must have signed; default: the one that the proof names. Raises :class:`InputInvalid` if it
    proves nothing.
    """
    try:
        told = msgspec.json.decode(data, type=_File)
        fork = Fork(
            Verifier.parse(told.key),
            told.first.encode(),
            told.second.encode(),
            strict_base64(told.prefix),
            [strict_base64(node) for node in told.path],
        )
        if verifier is not None and fork.verifier != verifier:
            raise NoteInvalid("it is about another key")
        first, second = fork.checkpoints()
    except (msgspec.MsgspecError, UnicodeError, RecursionError, NoteInvalid) as error:
        raise InputInvalid(
            f"not a proof of a fork: {error}", "Have it written by: vigiles ledger compare --proof FILE"
        ) from error
    grew = verify_consistency(first.size, fork.prefix, second.size, second.root, fork.path)
    if not grew or fork.prefix == first.root:
        why = "both checkpoints may be of one history" if grew else "its path does not lead to the larger tree"
        raise InputInvalid(f"this proves no fork: {why}", "Have it written by: vigiles ledger compare --proof FILE")
    return fork


@dataclass(frozen=True)
class Side:
    """What one party has of a log: signed ``notes``, and, if it has the records, all their leaf ``hashes``."""

    notes: Sequence[bytes]
    hashes: Sequence[bytes] | None = None


@dataclass
class Comparison:
    """``fork``: the proof, if there is one; ``compared``: checkpoints that were set against records or each other;
    ``open``: sizes of checkpoints that could not be, for want of the records; ``unsigned_conflict``: records of a side
    contradict a checkpoint, but nothing that is signed covers them.
    """

    fork: Fork | None = None
    compared: int = 0
    open: list[int] = field(default_factory=list)
    unsigned_conflict: bool = False


def compare(sides: Sequence[Side], verifier: Verifier) -> Comparison:
    """Look for two checkpoints that contradict each other. Raises :class:`NoteInvalid` for one that is not by this key."""
    found = Comparison()
    pool: dict[tuple[int, bytes], bytes] = {}
    for side in sides:
        for note in side.notes:
            checkpoint = open_checkpoint(note, [verifier])
            pool.setdefault((checkpoint.size, checkpoint.root), note)
    claims = sorted(key for key in pool if key[0])
    for (size, root), (other_size, other_root) in itertools.pairwise(claims):
        if size == other_size:
            found.fork = Fork(verifier, pool[size, root], pool[other_size, other_root], other_root, [])
            found.compared = len(claims)
            return found
    covered: set[tuple[int, bytes]] = set()
    for side in sides:
        if side.hashes is not None:
            fork = _against(side.hashes, claims, pool, verifier, covered, found)
            if fork is not None:
                found.fork = fork
                return found
    found.compared = len(covered)
    found.open = [size for size, root in claims if (size, root) not in covered] if len(claims) > 1 or covered else []
    return found


def _against(
    hashes: Sequence[bytes],
    claims: list[tuple[int, bytes]],
    pool: dict[tuple[int, bytes], bytes],
    verifier: Verifier,
    covered: set[tuple[int, bytes]],
    found: Comparison,
) -> Fork | None:
    """Set every checkpoint against these records; return the proof from the first that differs and is contradicted."""
    wanted = {size for size, _ in claims if size <= len(hashes)}
    roots: dict[int, bytes] = {}
    tree = Tree()
    for hashed in hashes:
        tree.push(hashed)
        if tree.size in wanted:
            roots[tree.size] = tree.root()
    held = [claim for claim in claims if roots.get(claim[0]) == claim[1]]
    for size, root in claims:
        if size not in roots:
            continue
        covered.add((size, root))
        if roots[size] == root:
            continue
        later = next((claim for claim in held if claim[0] >= size), None)
        if later is None:
            found.unsigned_conflict = True
            continue
        path = consistency_path(hashes[: later[0]], size)
        return Fork(verifier, pool[size, root], pool[later], roots[size], path)
    return None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
