"""Folding SQLite's write-ahead log into the database beside the writer, so that no act waits for it.

Source: https://www.sqlite.org/wal.html. A passive checkpoint blocks nobody; it folds what was committed when it began. What
came meanwhile is left to the next round. The log begins anew only when all of it is folded: where commits never pause, the
writer folds the last few pages itself before the log grows without end.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: How often cutting the log is tried again when a reader held it, seconds, and how long one try waits for the writer.
_RETRY_S, _PATIENCE_S = 0.25, 0.05
#: Rows after which a round is due, and pages of the log from which on the writer finishes the work: 8 MB, and in an import,
#: one batch of which is longer than that, 100 MB.
_ROWS, _MOST_PAGES, _MOST_PAGES_OF_IMPORT = 1_000, 2_000, 25_000


class Folding:
    """A thread with a connection of its own. Failing to fold loses nothing: the log is as durable as the database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = 0
        self._due = threading.Event()
        self._working = threading.Lock()
        self._ended = False
        self._long = False
        self._most = _MOST_PAGES
        self._owed = False
        self._thread = threading.Thread(target=self._run, name="folding", daemon=True)
        self._thread.start()

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Let the log grow longer meanwhile: a writer that folds after every batch does nothing else half of the time."""
        self._most = _MOST_PAGES_OF_IMPORT
        try:
            yield
        finally:
            self._most = _MOST_PAGES

    def committed(self, rows: int, writer: sqlite3.Connection) -> None:
        """Count what the writer has committed; start a round when there is enough."""
        self._rows += rows
        if self._long:
            self._long = False
            _fold(writer)
        elif self._rows >= _ROWS:
            self._rows = 0
            self._due.set()

    def empty(self, writer: sqlite3.Connection) -> None:
        """Fold everything and cut the log, so that it holds nothing that was erased.

        A reader that looks at the past holds the log; the cut is then made as soon as it has gone.
        """
        with self._working:
            self._owed = not _cut(writer)
        self._due.set()

    def close(self) -> None:
        """End the thread; whoever closes the last connection folds the rest."""
        self._ended = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=_PATIENCE_S)
        try:
            while True:
                self._due.wait(_RETRY_S if self._owed else None)
                self._due.clear()
                if self._ended:
                    return
                with self._working:
                    if self._owed:
                        self._owed = not _cut(connection)
                        continue
                    self._long = _fold(connection) > self._most
        finally:
            connection.close()


def _fold(connection: sqlite3.Connection) -> int:
    """Fold what can be folded; return how many pages the log holds."""
    try:
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error:
        return 0  # a busy or failing disk: later
    return int(pages)


def _cut(connection: sqlite3.Connection) -> bool:
    """Fold everything and cut the log to nothing; return whether that was possible."""
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:
        return False
    return not busy
