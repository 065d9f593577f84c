"""Raw rows out of an SQLite store, read-only: what the verifier eats, and whether the file itself is sound."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from vigiles.ledger.checkpoint import parse_text
from vigiles.ledger.columns import columns_of
from vigiles.ledger.merkle import Tree
from vigiles.ledger.schema import READABLE, SCHEMA
from vigiles.ledger.verify import Entry, Problem
from vigiles.ledger.wire import UNREADABLE
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound
from vigiles.model.union import Recorded, decode

#: Takes index, type and episode of a record, and the record itself, None where its body was erased.
Seen = Callable[[int, str, str | None, Recorded | None], None]

_FETCH = 500
_FIRST_PAGE = 4096
_DAMAGED = "Run: vigiles ledger verify. Then restore the home from a backup, or move it aside."


class Reader:
    """One store opened read-only, all reads in one snapshot: the recorder may go on writing meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open. Raises :class:`NotFound`, :class:`InputInvalid` (another schema), :class:`LedgerInvalid` (not a ledger)."""
        if not _is_file(path):
            raise NotFound(f"no ledger at {path}", "Name its home with --home, or set VIGILES_HOME.")
        self.path = path
        self.db = _open(path)
        try:
            with reading(path):
                self.db.execute("BEGIN")
                if not self.db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                    raise _nothing_yet(path)
                row = self.db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
            if row is None or row[0] not in READABLE:
                told = None if row is None else row[0]
                raise InputInvalid(f"{path} has schema {told}, this Vigiles knows {SCHEMA}", "Use a Vigiles that fits.")
        except BaseException:
            self.db.close()
            raise

    def size(self) -> int:
        """Return the number of entries."""
        with reading(self.path):
            return int(self.db.execute("SELECT COUNT(*) FROM entries").fetchone()[0])

    def entries(self) -> Iterator[Entry]:
        """Yield raw entries in index order. Raises :class:`LedgerInvalid` where the file is damaged."""
        with reading(self.path):
            cursor = self.db.execute("SELECT idx, leaf, secret, body FROM entries ORDER BY idx")
            while rows := cursor.fetchmany(_FETCH):
                yield from rows

    def leaves(self, size: int, start: int = 0) -> Iterator[bytes]:
        """Yield the first ``size`` leaves, from index ``start`` on."""
        statement = "SELECT leaf FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
        with reading(self.path):
            for (leaf,) in self.db.execute(statement, (start, size)):
                yield leaf

    def bundles(self, run: str, size: int) -> set[int]:
        """Return the numbers of the tlog-tiles bundles (index // 256) with records of a run. Raises :class:`NotFound`."""
        with reading(self.path):
            statement = "SELECT DISTINCT idx / 256 FROM entries WHERE run = ? AND idx < ?"
            found = {number for (number,) in self.db.execute(statement, (run, size))}
        if not found:
            raise NotFound(f"no signed record of run {run}", "See: vigiles ledger query")
        return found

    def checkpoints(self) -> list[bytes]:
        """Return every signed checkpoint, smallest first."""
        with reading(self.path):
            return [note for (note,) in self.db.execute("SELECT note FROM checkpoints ORDER BY size")]

    def checkpoints_between(self, least: int, most: int | None, limit: int) -> list[tuple[int, bytes]]:
        """Return (size, note) of the first ``limit`` checkpoints of ``least`` to ``most`` records, smallest first."""
        last = 2**63 - 1 if most is None else most
        with reading(self.path):
            found = self.db.execute(
                "SELECT size, note FROM checkpoints WHERE size BETWEEN ? AND ? ORDER BY size LIMIT ?", (least, last, limit)
            )
            return [(int(size), bytes(note)) for size, note in found]

    def frontier_between(self, least: int, most: int) -> tuple[int, bytes] | None:
        """Return size and stored frontier of the first checkpoint of ``least`` to ``most`` records."""
        statement = "SELECT size, frontier FROM checkpoints WHERE size BETWEEN ? AND ? ORDER BY size LIMIT 1"
        with reading(self.path):
            row = self.db.execute(statement, (least, most)).fetchone()
        return None if row is None else (int(row[0]), bytes(row[1]))

    def newest_checkpoint_size(self) -> int:
        """Return the size of the largest checkpoint, 0 if there is none."""
        with reading(self.path):
            return int(self.db.execute("SELECT COALESCE(MAX(size), 0) FROM checkpoints").fetchone()[0])

    def tree_at(self, size: int) -> Tree | None:
        """Return the tree that the checkpoint of ``size`` was signed over, if there is one that fits itself."""
        with reading(self.path):
            row = self.db.execute("SELECT frontier, note FROM checkpoints WHERE size = ?", (size,)).fetchone()
        return Tree.parse(size, row[0]) if row is not None and _belongs(size, *row) else None

    def leaves_between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the leaves from index ``start`` to before ``end``."""
        with reading(self.path):
            for (leaf,) in self.db.execute("SELECT leaf FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", (start, end)):
                yield leaf

    def newest_checkpoint(self) -> bytes | None:
        """Return the checkpoint of the largest size."""
        with reading(self.path):
            row = self.db.execute("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        return None if row is None else bytes(row[0])

    def damage(
        self,
        progress: Callable[[int], None] | None = None,
        structure: Callable[[], list[Problem]] | None = None,
        seen: Seen | None = None,
        kinds: Collection[str] = (),
    ) -> list[Problem]:
        """Check what proves nothing but would mislead a search: the file's own structure, and the index columns.

        An index column that does not follow from the body would hide its record from a query. ``structure``: what
        :meth:`structure` returned, where it was begun before. ``seen`` is shown each record of these ``kinds`` on the way.
        """
        problems = (structure or self.structure())()
        wanted = frozenset(kinds if seen is not None else ())
        with reading(self.path):
            cursor = self.db.execute(
                "SELECT idx, body, type, id, run, episode, call, host, wall_us FROM entries ORDER BY idx"
            )
            done = 0
            while rows := cursor.fetchmany(_FETCH):
                for index, body, *columns in rows:
                    record = None if body is None else _following(body, columns)
                    if body is not None and record is None:
                        problems.append(Problem(index, f"the index columns of record {index} do not follow from its body"))
                    if columns[0] in wanted and seen is not None:
                        seen(index, columns[0], columns[3], record)
                done += len(rows)
                if progress is not None:
                    progress(done)
            for size, frontier, note in self.db.execute("SELECT size, frontier, note FROM checkpoints ORDER BY size"):
                if not _belongs(size, frontier, note):
                    problems.append(Problem(None, f"the stored tree state of checkpoint {size} is not that of its note"))
        return problems

    def act(self, id: str, before: int) -> tuple[int, bytes | None] | None:
        """Return index and body of the last act with this id before an index; the body is None where it was erased."""
        statement = "SELECT idx, body FROM entries WHERE id = ? AND +type = 'act' AND idx < ? ORDER BY idx DESC LIMIT 1"
        with reading(self.path):
            row = self.db.execute(statement, (id, before)).fetchone()
        return None if row is None else (int(row[0]), row[1])

    def erased(self, episode: str | None, call: int | None) -> Counter[str]:
        """Return how many bodies of a call were erased, by the type that their leaves say."""
        statement = "SELECT leaf FROM entries WHERE episode = ? AND call IS ? AND body IS NULL"
        with reading(self.path):
            return Counter(json.loads(leaf)["type"] for (leaf,) in self.db.execute(statement, (episode, call)))

    def structure(self) -> Callable[[], list[Problem]]:
        """Begin to check the database file's own structure, beside whatever else is done; return how to wait for the end.

        It has a connection of its own, and SQLite lets go of the interpreter meanwhile.
        """
        told: list[str] = []

        def check() -> None:
            try:
                db = _open(self.path)
            except LedgerInvalid as error:
                told.append(str(error))
                return
            try:
                told.extend(text for (text,) in db.execute("PRAGMA integrity_check(20)"))
            except sqlite3.Error as error:
                told.append(str(error))
            finally:
                db.close()

        thread = threading.Thread(target=check, name="integrity", daemon=True)
        thread.start()

        def problems() -> list[Problem]:
            thread.join()
            return [Problem(None, f"the database file is damaged: {text}") for text in told if text != "ok"]

        return problems

    def close(self) -> None:
        """Close."""
        self.db.close()


def _following(body: object, columns: list[object]) -> Recorded | None:
    """Return the record of a body, None where there is none or the columns do not follow from it."""
    if not isinstance(body, bytes):
        return None
    try:
        record = decode(body)
    except UNREADABLE:
        return None
    return record if tuple(columns) == columns_of(record) else None


def _belongs(size: object, frontier: object, note: object) -> bool:
    if not (isinstance(size, int) and isinstance(frontier, bytes) and isinstance(note, bytes)):
        return False
    try:
        told = parse_text(note.decode("utf-8").rpartition("\n\n")[0] + "\n")
        tree = Tree.parse(size, frontier)
    except ValueError:
        return False
    return (told.size, told.root) == (tree.size, tree.root())


def _nothing_yet(path: Path) -> NotFound:
    """A crash can cut the very making of a store short; nothing was answered then, so nothing is missing."""
    return NotFound(
        f"nothing is recorded in {path} yet", "Start anything that records: it makes the ledger, or ends its making."
    )


def _is_file(path: Path) -> bool:
    """Say whether a file is there. Raises :class:`InputInvalid` where nobody can say."""
    try:
        return path.is_file()
    except OSError as error:
        raise InputInvalid(
            f"cannot look at {path}: {error.strerror}",
            "Name a home that you can read. Its owner can serve you instead: vigiles ledger serve; then name --socket.",
        ) from error


def _open(path: Path) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        db = sqlite3.connect(uri, uri=True, isolation_level=None)
        try:
            db.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError:
            db.close()
            # A read-only copy without a write-ahead log beside it: SQLite wants to be told that nobody writes.
            wal = Path(f"{path}-wal")
            if wal.exists() and wal.stat().st_size:
                raise
            db = sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None)
            db.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        if Path(f"{path}-journal").exists() and path.stat().st_size <= _FIRST_PAGE:
            # A store of ours has a journal only while it is made, before its log exists; a reader may not roll it back.
            raise _nothing_yet(path) from error
        raise LedgerInvalid(f"cannot read {path}: {error}", "Check that it is a ledger and that you may read it.") from error
    db.text_factory = lambda data: data.decode("utf-8", "backslashreplace")
    return db


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the database's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerInvalid(f"{path} is damaged: {error}", _DAMAGED) from error
