"""The embedded store: SQLite in WAL mode, synced at every commit. One writer, the recorder; readers see whole commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from vigiles.ledger.bulk import ROWS, batches, quick_turns
from vigiles.ledger.folding import Folding
from vigiles.ledger.merkle import Tree, leaf_hash
from vigiles.ledger.schema import SCHEMA, bring_up
from vigiles.ledger.wire import Row
from vigiles.model.errors import LedgerInvalid, LedgerUnwritable


class DiskFull(LedgerUnwritable):
    """The disk has no room for what was to be written."""


_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "busy_timeout=250",
    "wal_autocheckpoint=0",
)
#: type, id, run, episode, call, host, wall_us, leaf, secret, body
Sealed = tuple[str, str, str | None, str | None, int | None, str | None, int, bytes, bytes | None, bytes | None]


class Store:
    """The writer's side. ``tree`` is the Merkle tree of all committed entries.

    Every method that writes raises :class:`LedgerUnwritable` and then has written nothing.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the store and bring the tree up to the last entry.

        Raises :class:`LedgerUnwritable` if it cannot be opened, :class:`LedgerInvalid` if it is not a ledger or was cut.
        """
        self.path = path
        self.tree = Tree()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, cached_statements=32)
        except sqlite3.Error as error:
            raise _unwritable(path, error) from error
        try:
            with _translated(path):
                self._open()
            self._resume()
            self._folding = Folding(path)
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> None:
        for pragma in _PRAGMAS:
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        with self._transaction():
            schema = bring_up(self._db)
        if schema != str(SCHEMA):
            raise LedgerInvalid(f"{self.path} has schema {schema}, this Vigiles knows {SCHEMA}", "Use a newer Vigiles.")

    def _resume(self) -> None:
        with _translated(self.path):
            newest = self._db.execute("SELECT size, frontier FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
            size, frontier = newest or (0, b"")
            (count, last) = self._db.execute("SELECT COUNT(*), MAX(idx) FROM entries WHERE idx >= ?", (size,)).fetchone()
            held = self._db.execute("SELECT MAX(idx) FROM entries").fetchone()[0]
            try:
                self.tree = Tree.parse(size, frontier)
            except ValueError as error:
                raise LedgerInvalid(f"{self.path}: the newest checkpoint is damaged", _LOOK) from error
            if (held if held is not None else -1) + 1 < size or (count and last - size + 1 != count):
                raise LedgerInvalid(f"{self.path}: records are missing that were there before", _LOOK)
            for (leaf,) in self._db.execute("SELECT leaf FROM entries WHERE idx >= ? ORDER BY idx", (size,)):
                self.tree.push(leaf_hash(leaf))

    def append(self, rows: Sequence[Sealed]) -> int:
        """Commit ``rows`` in one synced transaction and return the index of the first."""
        first, tree = self._grow(rows)
        with _translated(self.path), self._transaction():
            self._insert(first, rows)
        self.tree = tree
        self._folding.committed(len(rows), self._db)
        return first

    def append_many(self, rows: Iterable[Row]) -> int:
        """Commit rows in large synced batches and return how many; for an import, where no one waits for a single row.

        Raises :class:`LedgerUnwritable`, and what ``rows`` raises; the batches before stand.
        """
        before = self.tree.size
        with (
            _translated(self.path),
            self._large_cache(),
            self._folding.importing(),
            quick_turns(),
            closing(batches(rows, self.tree)) as sealed,
        ):
            for batch in sealed:
                with self._transaction():
                    self._insert_many(batch.parameters)
                added = batch.tree.size - self.tree.size
                self.tree = batch.tree
                self._folding.committed(added, self._db)
        return self.tree.size - before

    def erase(self, indices: Sequence[int], row: Sealed) -> int:
        """Commit the erasure record ``row`` and clear body, secret and host of ``indices``, all in one transaction."""
        first, tree = self._grow([row])
        with _translated(self.path), self._transaction():
            self._insert(first, [row])
            self._db.executemany(
                "UPDATE entries SET body = NULL, secret = NULL, host = NULL WHERE idx = ?", [(index,) for index in indices]
            )
        self.tree = tree
        # The write-ahead log still holds what was erased; where a reader holds the log, it is cut when that reader is done.
        self._folding.empty(self._db)
        return first

    def add_checkpoint(self, tree: Tree, note: bytes, wall_us: int) -> None:
        """Keep a signed checkpoint of ``tree``."""
        with _translated(self.path), self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)", (tree.size, wall_us, b"".join(tree.frontier), note)
            )

    def newest_checkpoint(self) -> tuple[Tree, bytes] | None:
        """Return the tree and the note of the newest checkpoint."""
        with _translated(self.path):
            row = self._db.execute("SELECT size, frontier, note FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        if row is None:
            return None
        size, frontier, note = row
        return Tree.parse(size, frontier), note

    def held(self, index: int) -> str | None:
        """Return the type of the record at ``index`` if its body is still there."""
        with _translated(self.path):
            row = self._db.execute("SELECT type FROM entries WHERE idx = ? AND body IS NOT NULL", (index,)).fetchone()
        return None if row is None else str(row[0])

    def principals(self) -> Iterator[bytes]:
        """Yield the bodies of principal records, newest first."""
        with _translated(self.path):
            rows = self._db.execute("SELECT body FROM entries WHERE type = 'principal' ORDER BY idx DESC")
            while (row := rows.fetchone()) is not None:
                yield row[0]

    def close(self) -> None:
        """Close; SQLite folds the write-ahead log into the file."""
        self._folding.close()
        self._db.close()

    def _grow(self, rows: Sequence[Sealed]) -> tuple[int, Tree]:
        tree = self.tree.copy()
        for row in rows:
            tree.push(leaf_hash(row[7]))
        return self.tree.size, tree

    def _insert(self, first: int, rows: Sequence[Sealed]) -> None:
        self._db.executemany(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(first + offset, *row) for offset, row in enumerate(rows)],
        )

    def _insert_many(self, parameters: list[object]) -> None:
        columns = 11
        for start in range(0, len(parameters), ROWS * columns):
            chosen = parameters[start : start + ROWS * columns]
            values = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * (len(chosen) // columns))
            self._db.execute(f"INSERT INTO entries VALUES {values}", chosen)  # noqa: S608 - placeholders only

    @contextmanager
    def _large_cache(self) -> Iterator[None]:
        (usual,) = self._db.execute("PRAGMA cache_size").fetchone()
        self._db.execute("PRAGMA cache_size = -65536")
        try:
            yield
        finally:
            self._db.execute(f"PRAGMA cache_size = {usual}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


_LOOK = (
    "Run: vigiles ledger verify. Then move this home aside or restore it from a backup; recording will not go on over it."
)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: sqlite3.Error) -> LedgerUnwritable | LedgerInvalid:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return DiskFull(f"cannot write {path}: {error}", "Make room on the disk.")
    if isinstance(error, sqlite3.OperationalError):
        return LedgerUnwritable(f"cannot write {path}: {error}", "Make room on the disk and check the directory's mode.")
    return LedgerInvalid(f"{path} is damaged: {error}", _LOOK)
