from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.reader import Reader
from vigiles.ledger.verify import verify
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound


def edit(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


def damage(path: Path) -> list[str]:
    reader = Reader(path)
    try:
        return [problem.what for problem in reader.damage()]
    finally:
        reader.close()


@pytest.fixture
def path(ledger: Any, make: Any) -> Path:
    ledger.append(*[make.act(n) for n in range(8)], make.flow("example.org"), make.incident())
    ledger.book.sign()
    ledger.erase([2])
    ledger.book.sign()
    ledger.book.close()
    return Path(ledger.home.database)


def test_sound(path: Path) -> None:
    assert damage(path) == []


@pytest.mark.parametrize(
    "change",
    [
        "type = 'verdict'",
        "id = 'act-0'",
        "run = NULL",
        "episode = 'ep-9'",
        "call = 9",
        "host = 'else.org'",
        "wall_us = wall_us + 1",
        "body = 'text'",
        "body = x'00'",
    ],
)
def test_a_column_that_would_mislead_a_search(path: Path, change: str) -> None:
    edit(path, f"UPDATE entries SET {change} WHERE idx = 8")
    assert any("record 8" in text for text in damage(path))


def test_a_tree_state_that_would_mislead_the_recorder(path: Path) -> None:
    edit(path, "UPDATE checkpoints SET frontier = zeroblob(64) WHERE size = 10")
    assert any("checkpoint 10" in text for text in damage(path))


def test_reads_are_one_snapshot(ledger: Any, make: Any) -> None:
    ledger.append(make.act())
    reader = Reader(ledger.home.database)
    ledger.append(make.act())
    assert reader.size() == 1
    reader.close()


def test_a_read_only_copy(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy with space?#%"
    copy.mkdir()
    (copy / "ledger.sqlite3").write_bytes(path.read_bytes())
    (copy / "ledger.sqlite3").chmod(0o400)
    copy.chmod(0o500)
    reader = Reader(copy / "ledger.sqlite3")
    assert reader.size() == 11
    reader.close()
    copy.chmod(0o700)


def test_what_is_no_ledger(tmp_path: Path, path: Path) -> None:
    with pytest.raises(NotFound):
        Reader(tmp_path / "none")
    with pytest.raises(InputInvalid, match="cannot look"):
        Reader(tmp_path / ("x" * 300))
    (tmp_path / "text").write_text("hello" * 1000)
    with pytest.raises(LedgerInvalid):
        Reader(tmp_path / "text")
    edit(path, "UPDATE meta SET value = '9'")
    with pytest.raises(InputInvalid, match="schema 9"):
        Reader(path)


def test_any_flipped_byte_of_the_file_shows_or_changes_nothing(path: Path, ledger: Any) -> None:
    key = str(ledger.signer.verifier)
    original = path.read_bytes()
    reader = Reader(path)
    true_entries, true_notes = list(reader.entries()), reader.checkpoints()
    reader.close()
    chance = random.Random(7)
    found = 0
    for _ in range(150):
        changed = bytearray(original)
        # Most of a small file is empty space: aim half of the flips at what is not.
        spots = [n for n, byte in enumerate(original) if byte] if chance.random() < 0.5 else range(100, len(original))
        changed[chance.choice(spots)] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        try:
            reader = Reader(path)
        except (LedgerInvalid, InputInvalid):
            found += 1
            continue
        try:
            entries, notes = list(reader.entries()), reader.checkpoints()
            problems = verify(entries, notes, key).problems + reader.damage()
            assert problems or (entries, notes) == (true_entries, true_notes)
            found += bool(problems)
        except LedgerInvalid:
            found += 1
        finally:
            reader.close()
    assert found > 50


def test_a_store_whose_making_was_cut_short_holds_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"")
    with pytest.raises(NotFound, match="nothing is recorded"):
        Reader(path)
    path.write_bytes(b"\x01" * 4096)
    with pytest.raises(LedgerInvalid):
        Reader(path)
    (tmp_path / "ledger.sqlite3-journal").write_bytes(b"\x01" * 512)
    with pytest.raises(NotFound, match="nothing is recorded"):
        Reader(path)
    path.write_bytes(b"\x01" * 8192)
    with pytest.raises(LedgerInvalid):
        Reader(path)


def test_records_of_the_kinds_asked_for_are_shown_in_order(ledger: Any, make: Any) -> None:
    ledger.append(make.act(1), make.flow("example.org"), make.act(2), make.act(2))
    ledger.erase([2])
    ledger.book.sign()
    ledger.book.close()
    reader = Reader(Path(ledger.home.database))
    seen: list[tuple[object, ...]] = []
    try:
        shown = reader.damage(seen=lambda *told: seen.append((*told[:3], told[3] is None)), kinds={"act", "erasure"})
        assert shown == []
        assert seen == [
            (0, "act", "ep-1", False),
            (2, "act", "ep-1", True),
            (3, "act", "ep-1", False),
            (4, "erasure", None, False),
        ]
        assert dict(reader.erased("ep-1", 2)) == {"act": 1}
        assert dict(reader.erased("ep-1", None)) == dict(reader.erased(None, None)) == {}
        ids = [id for (id,) in reader.db.execute("SELECT id FROM entries ORDER BY idx")]
        assert reader.act(ids[2], 3) == (2, None)
        assert reader.act(ids[0], 0) is None
        assert reader.act(ids[1], 9) is None, "a flow is no act"
        found = reader.act(ids[3], 9)
        assert found is not None
        assert (found[0], b'"type":"act"' in (found[1] or b"")) == (3, True)
    finally:
        reader.close()
