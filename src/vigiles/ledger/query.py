"""Find records by what a person knows of them, and prove that they stand in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from vigiles.ledger.bundle import ALL_BYTES, OPENED_BYTES, Bundle, Proved
from vigiles.ledger.checkpoint import Checkpoint, open_checkpoint
from vigiles.ledger.header import Header
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_verifier
from vigiles.ledger.merkle import leaf_hash, verify_inclusion
from vigiles.ledger.nodes import Nodes
from vigiles.ledger.note import NoteInvalid, Verifier
from vigiles.ledger.paths import paths_in
from vigiles.ledger.reader import Reader, reading
from vigiles.ledger.wire import UNREADABLE
from vigiles.model.errors import LedgerInvalid, NotFound
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.union import Recorded, decode

_MOST = 2**63 - 1
#: The columns of a header.
_OPEN = "idx, type, id, run, episode, call, wall_us, body IS NOT NULL"
#: The columns of each index, that which leaves the fewest records first.
_INDEXES = (("id",), ("episode", "call"), ("call", "run"), ("host",), ("call",), ("episode",), ("run",), ("type",))
#: Types of which a ledger holds few: their index is narrower than a run's.
_RARE = ("incident", "finding", "erasure", "principal", "response")


@dataclass(frozen=True)
class Entry:
    """One raw entry. ``secret`` and ``body`` are None where they were erased."""

    index: int
    leaf: bytes
    secret: bytes | None
    body: bytes | None


@dataclass(frozen=True)
class Proof:
    """That the leaf at ``index`` stands in the tree of ``checkpoint``, signed as ``note``; ``path`` is from the leaf up."""

    index: int
    leaf: bytes
    path: list[bytes]
    checkpoint: Checkpoint
    note: bytes


class LedgerReader:
    """Read-only queries on one home, in one snapshot. A context manager. Queries trust the index columns; proofs do not."""

    def __init__(self, home: Path, verifier: Verifier | None = None) -> None:
        """Open; ``verifier`` defaults to the home's own.

        Raises :class:`NotFound`, :class:`InputInvalid` or :class:`LedgerInvalid`.
        """
        self._reader = Reader(Home(home).database)
        self._home = Home(home)
        self._verifier = verifier

    def records(
        self,
        type: str | None = None,
        run: str | None = None,
        episode: str | None = None,
        call: int | None = None,
        host: str | None = None,
        id: str | None = None,
        since_us: int | None = None,
        limit: int | None = None,
        after: int | None = None,
    ) -> Iterator[tuple[int, Recorded]]:
        """Yield (index, record) for every record that fits all filters, oldest first; erased records are left out.

        ``host`` is compared exactly; ``since_us`` is wall time in microseconds; ``limit`` keeps the newest so many;
        ``after`` is an index: only what was recorded later.
        """
        filters = {"type": type, "run": run, "episode": episode, "call": call, "host": host, "id": id}
        for index, body in self._rows("idx, body", "+body IS NOT NULL", filters, since_us, limit, after):
            yield index, _decode(index, body)

    def headers(
        self, filters: Mapping[str, str | int | None], since_us: int | None = None, limit: int | None = None
    ) -> Iterator[Header]:
        """Yield the headers of records that fit, oldest first, of erased ones too; ``filters`` are by column, not host."""
        chosen = {name: filters.get(name) for name in ("type", "run", "episode", "call", "id")}
        for row in self._rows(_OPEN, "1", chosen, since_us, limit, None):
            yield _header(row)

    def _rows(
        self,
        columns: str,
        clause: str,
        filters: Mapping[str, str | int | None],
        since_us: int | None,
        limit: int | None,
        after: int | None,
    ) -> Iterator[Any]:
        given = {name for name, value in filters.items() if value is not None}
        order = (("id",), ("type",), *_INDEXES) if filters["type"] in _RARE else _INDEXES
        searched = next((names for names in order if given.issuperset(names)), ())
        clauses = [clause]
        values: list[str | int] = []
        for name, value in filters.items():
            if value is not None:
                # A plus sign keeps a column out of the choice of index: SQLite cannot know which one is the narrowest.
                clauses.append(f"{name} = ?" if name in searched else f"+{name} = ?")
                values.append(value)
        if since_us is not None:
            clauses.append("+wall_us >= ?" if searched else "wall_us >= ?")
            values.append(since_us)
        if after is not None:
            clauses.append("idx > ?")
            values.append(after)
        if not all(map(_findable, values)):
            return
        # Columns and clauses are made of the fixed names above; every value is bound.
        statement = f"SELECT {columns} FROM entries WHERE {' AND '.join(clauses)} ORDER BY idx"  # noqa: S608
        if limit is not None:
            statement = f"SELECT * FROM ({statement} DESC LIMIT ?) ORDER BY idx"  # noqa: S608
            values.append(min(limit, _MOST))
        with reading(self._reader.path):
            # Not "yield from", which closes the cursor with the generator: by then the ledger may be closed.
            for row in self._reader.db.execute(statement, values):  # noqa: UP028
                yield row

    def about(self, finding: str) -> Iterator[tuple[int, Recorded]]:
        """Yield (index, record) of a finding, its evidence and the incidents and responses it led to, oldest first.

        Raises :class:`NotFound` if no finding has this id.
        """
        found: dict[int, Recorded] = {}
        for index, record in self.records(type="finding", id=finding):
            found[index] = record
            for one in record.evidence if isinstance(record, Finding) else []:
                found.update(self.records(id=one))
        if not found:
            raise NotFound(f"no finding with id {finding}", "See: vigiles ledger query --type finding")
        runs = {record.coordinates.run for record in found.values() if isinstance(record, Finding) and record.coordinates}
        for index, record in self._incidents(runs.pop() if len(runs) == 1 else None):
            if isinstance(record, Incident) and finding in record.findings:
                found[index] = record
                for one in record.responses:
                    found.update(self.records(id=one))
        yield from sorted(found.items(), key=lambda pair: pair[0])

    def _incidents(self, run: str | None) -> Iterator[tuple[int, Recorded]]:
        if run is None:
            yield from self.records(type="incident")
            return
        # The type stands in the text: only then does SQLite take the index of incidents alone.
        statement = "SELECT idx, body FROM entries WHERE body IS NOT NULL AND type = 'incident' AND run = ? ORDER BY idx"
        with reading(self._reader.path):
            for index, body in self._reader.db.execute(statement, (run,)):
                yield index, _decode(index, body)

    def record(self, index: int) -> Recorded:
        """Return the record at ``index``. Raises :class:`NotFound` if there is none or its body was erased."""
        entry = self.entry(index)
        if entry.body is None:
            raise NotFound(f"record {index} was erased", "Look for the erasure record: vigiles ledger query --type erasure")
        return _decode(index, entry.body)

    def entry(self, index: int) -> Entry:
        """Return the raw entry at ``index``. Raises :class:`NotFound`."""
        row = None
        if _findable(index):
            statement = "SELECT idx, leaf, secret, body FROM entries WHERE idx = ?"
            with reading(self._reader.path):
                row = self._reader.db.execute(statement, (index,)).fetchone()
        if row is None:
            raise NotFound(f"no record {index} in a ledger of {self._reader.size()}", "See: vigiles ledger query")
        return Entry(*row)

    def header(self, index: int) -> Header:
        """Return the header of record ``index``. Raises :class:`NotFound`."""
        row = None
        if _findable(index):
            statement = f"SELECT {_OPEN} FROM entries WHERE idx = ?"  # noqa: S608 - fixed names
            with reading(self._reader.path):
                row = self._reader.db.execute(statement, (index,)).fetchone()
        if row is None:
            raise NotFound(f"no record {index} in a ledger of {self._reader.size()}", "See: vigiles ledger query")
        return _header(row)

    def index_of(self, id: str) -> int:
        """Return the index of the record with this id (the first, were there several). Raises :class:`NotFound`."""
        row = None
        if _findable(id):
            with reading(self._reader.path):
                row = self._reader.db.execute("SELECT idx FROM entries WHERE id = ? ORDER BY idx LIMIT 1", (id,)).fetchone()
        if row is None:
            raise NotFound(f"no record with id {id}", "See: vigiles ledger query")
        return int(row[0])

    def proof(self, index: int) -> Proof:
        """Return the inclusion proof of record ``index`` against the newest checkpoint, checked.

        Raises :class:`NotFound` if no checkpoint covers it yet, :class:`LedgerInvalid` if the proof does not hold.
        """
        checkpoint, note, _ = self._signed()
        leaf = self.entry(index).leaf
        if index >= checkpoint.size:
            raise NotFound(f"no checkpoint covers record {index} yet", "Wait a second; the recorder signs by itself.")
        path = self._paths(checkpoint, [index])[index]
        self._hold(index, leaf, path, checkpoint)
        return Proof(index, leaf, path, checkpoint, note)

    def bundle(self, indices: Sequence[int]) -> Bundle:
        """Return a proof that travels of these records, the first opened first; checked. Those not yet covered are left out.

        What is opened has a bound (see :mod:`vigiles.ledger.bundle`). Raises as :meth:`proof` does, and :class:`NotFound`
        where no checkpoint covers the first.
        """
        checkpoint, note, verifier = self._signed()
        if indices and indices[0] >= checkpoint.size:
            raise NotFound(f"no checkpoint covers record {indices[0]} yet", "Wait a second; the recorder signs by itself.")
        entries = [self.entry(index) for index in dict.fromkeys(indices) if index < checkpoint.size]
        paths = self._paths(checkpoint, [entry.index for entry in entries])
        left = ALL_BYTES
        records: list[Proved] = []
        for entry in entries:
            path = paths[entry.index]
            self._hold(entry.index, entry.leaf, path, checkpoint)
            body = entry.body if entry.body is not None and len(entry.body) <= min(left, OPENED_BYTES) else None
            left -= len(body or b"")
            records.append(
                Proved(
                    index=entry.index,
                    leaf=entry.leaf.decode("ascii"),
                    path=[node.hex() for node in path],
                    secret=entry.secret.hex() if body is not None and entry.secret is not None else None,
                    body=None if body is None else _text(entry.index, body),
                )
            )
        records.sort(key=lambda record: record.index)
        return Bundle(verifier=str(verifier), checkpoint=note.decode("utf-8"), records=records)

    def _signed(self) -> tuple[Checkpoint, bytes, Verifier]:
        note = self._reader.newest_checkpoint()
        if note is None:
            raise NotFound("no checkpoint was signed yet", "Wait a second; the recorder signs by itself.")
        verifier = self._verifier or load_verifier(self._home)
        try:
            return open_checkpoint(note, [verifier]), note, verifier
        except NoteInvalid as error:
            raise LedgerInvalid(f"the newest checkpoint does not hold: {error}", "Run: vigiles ledger verify") from error

    def _paths(self, checkpoint: Checkpoint, indices: Sequence[int]) -> dict[int, list[bytes]]:
        """Return the paths up to the signed root: from what checkpoints keep of the tree, else from its leaves."""
        for stored in (True, False):
            paths = paths_in(checkpoint.size, Nodes(self._reader, stored=stored).root, indices)
            if all(self._holds(index, self.entry(index).leaf, path, checkpoint) for index, path in paths.items()):
                break
        return paths

    def _holds(self, index: int, leaf: bytes, path: list[bytes], checkpoint: Checkpoint) -> bool:
        return verify_inclusion(leaf_hash(leaf), index, checkpoint.size, path, checkpoint.root)

    def _hold(self, index: int, leaf: bytes, path: list[bytes], checkpoint: Checkpoint) -> None:
        if not self._holds(index, leaf, path, checkpoint):
            raise LedgerInvalid(f"record {index} is not what the newest checkpoint signed", "Run: vigiles ledger verify")

    def close(self) -> None:
        """Close."""
        self._reader.close()

    def __enter__(self) -> LedgerReader:
        """Return the reader."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()


def _header(row: tuple[Any, ...]) -> Header:
    *values, held = row
    return Header(**dict(zip(Header.__struct_fields__, values, strict=False)), body="here" if held else "erased")


def _text(index: int, body: object) -> str:
    """Return a body as text; a damaged store may hold anything in its place."""
    if isinstance(body, bytes):
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    raise LedgerInvalid(f"the body of record {index} is damaged", "Run: vigiles ledger verify")


def _findable(value: str | int) -> bool:
    """Say whether a record could have this in a column: text is UTF-8 there, a number has 64 bits."""
    if isinstance(value, int):
        return -_MOST <= value <= _MOST
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decode(index: int, body: bytes) -> Recorded:
    try:
        return decode(body)
    except (*UNREADABLE, TypeError) as error:
        raise LedgerInvalid(f"record {index} cannot be read: {error}", "Run: vigiles ledger verify") from error
