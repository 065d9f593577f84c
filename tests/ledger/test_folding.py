"""The write-ahead log is folded beside the writer, and does not grow without end."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.ledger import folding
from vigiles.ledger.leaf import seal
from vigiles.ledger.store import Sealed, Store

BODY = 500


def rows(first: int, count: int) -> list[Sealed]:
    made: list[Sealed] = []
    for number in range(first, first + count):
        body, secret = b"x" * BODY, bytes(32)
        made.append(("act", f"act-{number}", "run", "ep", 1, None, number, seal("act", body, secret), secret, body))
    return made


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


def test_what_was_committed_is_folded_without_the_writer(path: Path) -> None:
    store = Store(path)
    empty = path.stat().st_size
    store.append(rows(0, folding._ROWS))
    until(lambda: path.stat().st_size > empty + folding._ROWS * BODY)
    store.close()


def test_the_log_is_used_again_under_commits_without_pause(path: Path) -> None:
    store = Store(path)
    wal = Path(f"{path}-wal")
    for number in range(0, 20 * folding._ROWS, 100):
        store.append(rows(number, 100))
    held = 20 * folding._ROWS * BODY
    assert wal.stat().st_size < 96 << 20, f"some {held * 5 >> 20} MiB went through it"
    store.close()
    assert not wal.exists()


def test_the_writer_finishes_where_commits_leave_no_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "_MOST_PAGES", 100)
    store = Store(path)
    store.append(rows(0, folding._ROWS))
    until(lambda: store._folding._long)
    store.append(rows(folding._ROWS, 1))
    assert not store._folding._long
    assert path.stat().st_size > folding._ROWS * BODY
    store.close()


def test_a_reader_that_never_ends_holds_no_writer_up(path: Path) -> None:
    store = Store(path)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM entries").fetchone()
    for number in range(0, 2 * folding._ROWS, 100):
        store.append(rows(number, 100))
    assert reader.execute("SELECT COUNT(*) FROM entries").fetchone() == (0,)
    reader.execute("COMMIT")
    assert reader.execute("SELECT COUNT(*) FROM entries").fetchone() == (2 * folding._ROWS,)
    reader.close()
    store.close()


def test_closing_ends_the_thread(path: Path) -> None:
    store = Store(path)
    store.append(rows(0, 1))
    store.close()
    assert not store._folding._thread.is_alive()
    assert not Path(f"{path}-wal").exists()


def test_what_was_erased_leaves_the_log_when_a_reader_has_gone(path: Path) -> None:
    store = Store(path)
    wal = Path(f"{path}-wal")
    secret = b"never to be read again"
    (kept,) = rows(0, 1)
    store.append([(*kept[:9], secret)])
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT body FROM entries").fetchone() == (secret,)
    store.erase([0], rows(1, 1)[0])
    assert secret in wal.read_bytes() + path.read_bytes()
    store.append(rows(2, 1))
    reader.execute("COMMIT")
    reader.close()
    until(lambda: not store._folding._owed)
    assert secret not in wal.read_bytes() + path.read_bytes()
    store.close()
