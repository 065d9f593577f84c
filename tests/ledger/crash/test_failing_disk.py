"""A disk whose writes and syncs begin to fail under the recorder, and are mended: read-only, broken, full, over quota.

The failures are made where the kernel would make them (``recording.py``), for the real recorder with the real SQLite.
"""

from __future__ import annotations

import errno
import random
import time
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.home import Home
from vigiles.ledger.key import load_verifier
from vigiles.ledger.reader import Reader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.ledger.verify import verify
from vigiles.model.errors import LedgerUnwritable


@pytest.mark.parametrize("number", [errno.EROFS, errno.EIO, errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_acts_are_refused_while_it_fails_and_go_on_when_it_is_mended(
    power: Any, tmp_path: Path, make: Any, number: int
) -> None:
    recording = power.neighbour("recording")
    home = tmp_path / "home"
    code = (
        "import vigiles.ledger.folding as f; f._ROWS, f._MOST_PAGES = 10, 30\n"
        f"from vigiles.ledger.recorder import main; raise SystemExit(main(['--home', {str(home)!r}]))"
    )
    watched = recording.Watched(recording.python(code), tmp_path)
    deadline = time.monotonic() + 20
    while not Home(home).socket.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    chance, kept, refused = random.Random(number), {}, []
    with SyncRecorderClient(home) as client:
        for turn in range(60):
            watched.failing = number if turn % 10 in (4, 5, 6) else 0
            records = [make.act(turn, command="x" * chance.randrange(6000)) for _ in range(chance.randrange(1, 4))]
            failure = None
            try:
                kept |= zip(client.append(records), (record.id for record in records), strict=True)
            except LedgerUnwritable as error:
                failure = error
                refused += [record.id for record in records]
            assert (failure is not None) == bool(watched.failing), f"turn {turn}: {failure}"
            assert failure is None or failure.remedy
    told = watched.end()
    assert told.code == 0
    assert told.faults == []
    assert watched.failed > 10
    reader = Reader(Home(home).database)
    try:
        held = dict(reader.db.execute("SELECT idx, id FROM entries"))
        found = verify(reader.entries(), reader.checkpoints(), str(load_verifier(Home(home))))
        assert [*found.problems, *reader.damage()] == []
    finally:
        reader.close()
    assert found.unsigned == 0
    assert kept.items() <= held.items()
    assert len(refused) > 15
    assert not set(refused) & set(held.values())
