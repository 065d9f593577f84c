"""A proof that travels, out of a real ledger: it holds as it is, and no change to it goes unseen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from vigiles.ledger.book import Book
from vigiles.ledger.bundle import OPENED_BYTES, Bundle, check, read_bundle
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_or_make, load_verifier
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.store import Store
from vigiles.ledger.wire import row_of
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound
from vigiles.model.principal import Principal
from vigiles.model.stamp import Stamp

AT = Stamp(wall_us=1_700_000_000_000_000, mono_us=1, boot="b")


def filled(path: Path, sign: bool = True) -> Home:
    home = Home(path)
    home.prepare()
    book = Book(Store(home.database), load_or_make(home))
    names = ["<b>é\x1b", "y" * (OPENED_BYTES + 1), *(f"agent-{number}" for number in range(9))]
    book.append([row_of(Principal(id=f"prn-{n}", at=AT, name=name, kind="agent")) for n, name in enumerate(names)])
    if sign:
        book.sign()
        book.append([row_of(Principal(id="prn-late", at=AT, name="late", kind="agent"))])
    book.close()
    return home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return filled(tmp_path / "home")


@pytest.fixture
def bundle(home: Home) -> Bundle:
    with LedgerReader(home.path) as reader:
        return reader.bundle([5, 0, 1, 5, 11])


def test_it_holds_in_order_and_leaves_out_what_is_not_signed_yet(bundle: Bundle, home: Home) -> None:
    assert [one.index for one in bundle.records] == [0, 1, 5]
    checked = check(bundle, str(load_verifier(home)))
    assert checked.problems == []
    assert [(index, record.name) for index, record in checked.records if isinstance(record, Principal)] == [
        (0, "<b>é\x1b"), (5, "agent-3"),
    ]  # fmt: skip
    assert checked.checkpoint is not None
    assert checked.checkpoint.size == 11


def test_what_is_long_stays_closed_and_is_still_in_the_tree(bundle: Bundle) -> None:
    assert (bundle.records[1].body, bundle.records[1].secret) == (None, None)
    assert bundle.records[1].path


def test_it_travels_as_json(bundle: Bundle) -> None:
    assert read_bundle(msgspec.json.encode(bundle).decode()) == bundle
    for text in ("", "{}", "[" * 5000, '{"format":"other"}', "\ud800"):
        with pytest.raises(InputInvalid, match="not a proof"):
            read_bundle(text)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"index": 4}, "not in the signed tree"),
        ({"leaf": "{}"}, "not in the signed tree"),
        ({"path": []}, "not in the signed tree"),
        ({"path": ["zz"]}, "record 5"),
        ({"secret": "00" * 32}, "not what the leaf commits to"),
        ({"body": '{"a":1}'}, "not what the leaf commits to"),
        ({"body": "\ud800"}, "not what the leaf commits to"),
    ],
)
def test_every_change_to_a_record_is_found(bundle: Bundle, changes: dict[str, object], problem: str) -> None:
    changed = [*bundle.records[:2], msgspec.structs.replace(bundle.records[2], **changes)]
    checked = check(msgspec.structs.replace(bundle, records=changed))
    assert len(checked.problems) == 1
    assert problem in checked.problems[0]
    assert [index for index, _ in checked.records] == [0]


def test_every_changed_letter_of_the_checkpoint_is_found(bundle: Bundle) -> None:
    for at, letter in enumerate(bundle.checkpoint):
        other = "A" if letter != "A" else "B"
        checkpoint = bundle.checkpoint[:at] + other + bundle.checkpoint[at + 1 :]
        assert check(msgspec.structs.replace(bundle, checkpoint=checkpoint)).problems, at


def test_another_ledgers_key_is_not_believed(bundle: Bundle, tmp_path: Path) -> None:
    other = load_verifier(filled(tmp_path / "other"))
    assert "does not hold" in check(bundle, str(other)).problems[0]
    with pytest.raises(InputInvalid, match="verifier key"):
        check(bundle, "nonsense")


def test_no_record_is_no_proof(bundle: Bundle) -> None:
    assert check(msgspec.structs.replace(bundle, records=[])).problems == ["no record is proved"]


def test_what_is_not_signed_cannot_be_bundled(home: Home, tmp_path: Path) -> None:
    with LedgerReader(home.path) as reader, pytest.raises(NotFound, match="no checkpoint covers record 11"):
        reader.bundle([11, 0])
    with LedgerReader(filled(tmp_path / "bare", sign=False).path) as reader, pytest.raises(NotFound, match="no checkpoint"):
        reader.bundle([0])


def test_a_damaged_ledger_is_not_bundled(home: Home) -> None:
    import sqlite3

    with sqlite3.connect(home.database) as db:
        db.execute("UPDATE entries SET leaf = ? WHERE idx = 3", (b"{}",))
    db.close()
    with LedgerReader(home.path) as reader, pytest.raises(LedgerInvalid, match="not what the newest checkpoint signed"):
        reader.bundle([0])
