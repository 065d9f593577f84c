"""Many records at once: an import or a rescan, at the disk's speed rather than at the gate's.

Two threads share the work. One seals and hashes a batch while the other, which owns the database, writes the one before:
SQLite lets go of the interpreter's lock for as long as a statement runs, so statements here insert many rows each. At most
:data:`AHEAD` batches wait between the two; memory does not grow with the number of records.
"""

from __future__ import annotations

import hashlib
import queue
import secrets
import sys
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from vigiles.ledger.leaf import FIELDWISE, SECRET_BYTES, seal
from vigiles.ledger.merkle import Tree
from vigiles.ledger.wire import Row

#: Rows in one synced transaction, and batches made ahead of the one that is being written.
BATCH, AHEAD = 16_000, 1
#: Rows in one INSERT: long enough that the lock changes hands seldom, below SQLite's 32,766 parameters.
ROWS = 2_900
#: How soon one thread gives the interpreter's lock to the other, seconds. With the usual 5 ms the writer, back from each
#: INSERT, waits as long as the INSERT took.
_TURNS_S = 0.0005

# HMAC-SHA256 (RFC 2104) by hand: for one short message it costs half of what the library's general form does.
_INNER = bytes(octet ^ 0x36 for octet in range(256))
_OUTER = bytes(octet ^ 0x5C for octet in range(256))
_INNER_REST = b"\x36" * 32 + b"vigiles/ledger/1/body"
_OUTER_REST = b"\x5c" * 32


@dataclass(frozen=True)
class Batch:
    """Rows ready to be written: their ``parameters``, all columns in one flat list, and the ``tree`` with their leaves."""

    parameters: list[object]
    tree: Tree


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let the threads of this process take turns often, for as long as an import lasts."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _TURNS_S))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def batches(rows: Iterable[Row], tree: Tree) -> Generator[Batch, None, None]:
    """Yield sealed batches, to follow what ``tree`` holds; the next batch is sealed in a thread meanwhile.

    Raises what ``rows`` raises, and ``ValueError`` for a row that cannot be sealed; the batches before it stand.
    """
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(AHEAD)
    ended = threading.Event()

    def put(what: Batch | BaseException | None) -> None:
        while not ended.is_set():
            try:
                ready.put(what, timeout=0.2)
            except queue.Full:
                continue
            return

    def work() -> None:
        try:
            grown, source = tree, iter(rows)
            while not ended.is_set() and (chosen := list(islice(source, BATCH))):
                parameters, hashes = seal_batch(chosen, grown.size)
                grown = grow(grown, hashes)
                put(Batch(parameters, grown))
            put(None)
        except BaseException as error:  # handed over, and raised where the batches are read
            put(error)

    worker = threading.Thread(target=work, name="sealing", daemon=True)
    worker.start()
    try:
        while (batch := ready.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        ended.set()
        worker.join()


def seal_batch(rows: Sequence[Row], first: int) -> tuple[list[object], list[bytes]]:
    """Seal rows under fresh secrets, or their own where they bring one; return all columns in one list, and the leaf hashes.

    The first row becomes record ``first``. Raises ``ValueError``.
    """
    drawn = secrets.token_bytes(SECRET_BYTES * len(rows))
    inner, outer = drawn.translate(_INNER), drawn.translate(_OUTER)
    sha256 = hashlib.sha256
    ends: dict[str, bytes] = {}
    parameters: list[object] = []
    hashes: list[bytes] = []
    at = 0
    for index, row in enumerate(rows, first):
        to = at + SECRET_BYTES
        secret, kind, body = drawn[at:to], row.type, row.body
        if kind == FIELDWISE or row.secret is not None or row.digests is not None:
            secret = row.secret or secret
            leaf = seal(kind, body, secret, row.digests)
        else:
            end = ends.get(kind)
            if end is None:
                # What follows the commitment in a leaf is the same for all records of a type; seal() judges the name.
                end = ends[kind] = seal(kind, b"", secret)[len('{"commitment":"') + 64 :]
            salt = sha256(outer[at:to] + _OUTER_REST + sha256(inner[at:to] + _INNER_REST).digest()).digest()
            leaf = b'{"commitment":"' + sha256(salt + body).hexdigest().encode() + end
        parameters += (index, kind, row.id, row.run, row.episode, row.call, row.host, row.wall_us, leaf, secret, body)
        hashes.append(sha256(b"\x00" + leaf).digest())
        at = to
    return parameters, hashes


def grow(tree: Tree, hashes: Sequence[bytes]) -> Tree:
    """Return ``tree`` with the leaf hashes appended, built level by level."""
    sha256 = hashlib.sha256
    left, above, nodes = list(tree.frontier), tree.size, list(hashes)
    edge: list[bytes] = []
    while nodes or above:
        if above & 1:
            nodes.insert(0, left.pop())
        if len(nodes) & 1:
            edge.append(nodes.pop())
        pairs = iter(nodes)
        nodes = [sha256(b"\x01" + one + other).digest() for one, other in zip(pairs, pairs, strict=True)]
        above >>= 1
    return Tree(tree.size + len(hashes), edge[::-1])
