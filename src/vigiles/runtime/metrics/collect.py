"""What a ledger has that the tally has not yet, and what is known of the store itself."""

from __future__ import annotations

from pathlib import Path

from vigiles.ledger.home import Home
from vigiles.ledger.mint import now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader, reading
from vigiles.model.errors import NotFound
from vigiles.runtime.metrics.exposition import Histogram, Labels, Metric, exposition
from vigiles.runtime.metrics.tally import TYPES, Tally


class Collector:
    """Keeps a tally of one home's ledger; every :meth:`text` reads only what was recorded since the one before."""

    def __init__(self, home: Path) -> None:
        self._home = Home(home)
        self._tally = Tally()
        self._read = -1

    def text(self) -> str:
        """Return the exposition. A home without a ledger counts nothing. Raises :class:`LedgerInvalid`."""
        store = self._store()
        return exposition([*self._tally.metrics(now().wall_us), *store])

    def _store(self) -> list[Metric | Histogram]:
        """Read what is new, up to the size that is told, and tell of the store."""
        try:
            reader = Reader(self._home.database)
        except NotFound:
            return _told(0, 0, None)
        try:
            with reading(reader.path):
                last = int(reader.db.execute("SELECT COALESCE(MAX(idx), -1) FROM entries").fetchone()[0])
                row = reader.db.execute("SELECT size, wall_us FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        finally:
            reader.close()
        with LedgerReader(self._home.path) as records:
            # Acts and verdicts refer to nothing earlier, so the order between types does not matter; within one it stands.
            for type in TYPES:
                for index, record in records.records(type=type, after=self._read):
                    if index > last:
                        break
                    self._tally.feed(index, record)
        self._read = last
        bytes_held = sum(path.stat().st_size for path in _files(self._home) if path.exists())
        size, signed_us = (0, None) if row is None else (int(row[0]), int(row[1]))
        return [
            *_told(last + 1, bytes_held, None if signed_us is None else (now().wall_us - signed_us) / 1e6),
            Metric(
                "vigiles_ledger_unsigned_records", "gauge", "Records that no checkpoint covers yet.", {(): last + 1 - size}
            ),
        ]


def _files(home: Home) -> list[Path]:
    return [home.database, home.database.with_name(home.database.name + "-wal")]


def _told(records: int, size: int, age_s: float | None) -> list[Metric | Histogram]:
    age: dict[Labels, float] = {} if age_s is None else {(): round(max(0.0, age_s), 3)}
    return [
        Metric("vigiles_ledger_records", "gauge", "Records in the ledger.", {(): records}),
        Metric("vigiles_ledger_bytes", "gauge", "Bytes of the ledger on the disk.", {(): size}),
        Metric("vigiles_ledger_checkpoint_age_seconds", "gauge", "Since the newest checkpoint was signed.", age),
    ]
