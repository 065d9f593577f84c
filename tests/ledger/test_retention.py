from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.ledger.mint import new_id
from vigiles.ledger.reader import Reader
from vigiles.ledger.retention import MOST, carry_out, due, erasures, newest_us
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeOpened
from vigiles.model.retention import Retention
from vigiles.model.stamp import Stamp

DAY = 86_400_000_000
START = 1_700_000_000_000_000


def at(days: int) -> Stamp:
    return Stamp(wall_us=START + days * DAY, mono_us=1, boot="b")


def opened(episode: str, retention: Retention | None) -> EpisodeOpened:
    where = Coordinates(run="run-1", episode=episode)
    return EpisodeOpened(
        id=new_id("eop"), at=at(0), coordinates=where, principal="a", profile="p", ruleset="r", tier="U", retention=retention
    )


@pytest.fixture
def filled(ledger: Any, make: Any) -> Any:
    """Episode ep-1 keeps bodies 7 days and incidents 30; ep-2 says nothing."""
    ledger.append(opened("ep-1", Retention(bodies_days=7, days={"incident": 30})))  # 0
    ledger.append(opened("ep-2", None))  # 1
    for episode in ("ep-1", "ep-2"):  # 2, 3
        ledger.append(msgspec.structs.replace(make.act(episode=episode), at=at(1)))
    ledger.append(msgspec.structs.replace(make.incident(), at=at(1)))  # 4, of ep-1
    ledger.append(msgspec.structs.replace(make.act(), at=at(6)))  # 5
    ledger.append(msgspec.structs.replace(make.principal("alice"), at=at(0)))  # 6
    return ledger


@pytest.mark.parametrize(("days", "indexes"), [(0, []), (7, []), (9, [2]), (14, [2, 5]), (40, [0, 2, 4, 5])])
def test_what_is_due_and_when(filled: Any, days: int, indexes: list[int]) -> None:
    reader = Reader(filled.home.database)
    assert due(reader, START + days * DAY) == indexes
    reader.close()


def test_it_is_counted_up_to_the_newest_record_only(filled: Any) -> None:
    assert carry_out(Reader(filled.home.database), filled.book.erase, filled.signer.private) == 0
    filled.append(msgspec.structs.replace(filled_act(filled), at=at(9)))
    reader = Reader(filled.home.database)
    assert newest_us(reader) == START + 9 * DAY
    assert carry_out(reader, filled.book.erase, filled.signer.private) == 1
    filled.book.sign()
    report = filled.verify()
    assert (report.ok, report.erased) == (True, 1)
    assert carry_out(Reader(filled.home.database), filled.book.erase, filled.signer.private) == 0


def filled_act(ledger: Any) -> Any:
    return EpisodeOpened(id=new_id("eop"), at=at(0), principal="a", profile="p", ruleset="r", tier="U")


def test_many_are_named_in_several_records(ledger: Any) -> None:
    made = list(erasures(list(range(MOST + 1)), "r", "operator", ledger.signer.private))
    assert [len(one.indices) for one in made] == [MOST, 1]


def test_an_opening_that_nobody_can_read_keeps_everything(ledger: Any) -> None:
    ledger.append(opened("ep-1", Retention(bodies_days=1)))
    ledger.book._store._db.execute("UPDATE entries SET body = ?", (b'{"retention": {"bodies_days": "x"}}',))
    reader = Reader(ledger.home.database)
    assert due(reader, START + 99 * DAY) == []
    reader.close()
