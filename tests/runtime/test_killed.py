"""Supervisors and doors killed at random points: what was released is recorded, every episode ends, nothing is left.

25 times each in every run; ``VIGILES_KILLS=1000`` makes it 300 each (and ``tests/ledger/crash/test_kills.py`` kills
recorders 400 times).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.home import Home
from vigiles.ledger.key import load_verifier
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader
from vigiles.ledger.verify import verify
from vigiles.model.episode import EpisodeEnded, EpisodeOpened

pytestmark = pytest.mark.cell

WHOLE = os.environ.get("VIGILES_KILLS") == "1000"
KILLS = 300 if WHOLE else 25


def killed(which: str, workdir: Path, home: Path) -> tuple[dict[str, Any], list[Any]]:
    """Play, wait until the recorder has told every end, and return what was seen and all records."""
    script = Path(__file__).with_name("killed_play.py")
    command = [sys.executable, "-P", str(script), which, str(KILLS), str(workdir), str(home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500 if WHOLE else 150, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    deadline = time.monotonic() + 15
    while True:
        with LedgerReader(home) as reader:
            records = [record for _, record in reader.records()]
        opened = sum(isinstance(record, EpisodeOpened) for record in records)
        ended = sum(isinstance(record, EpisodeEnded) for record in records)
        if opened == ended or time.monotonic() > deadline:
            return told, records
        time.sleep(0.1)


def sound(home: Path) -> list[Any]:
    reader = Reader(Home(home).database)
    try:
        return [*verify(reader.entries(), reader.checkpoints(), str(load_verifier(Home(home)))).problems, *reader.damage()]
    finally:
        reader.close()


def ends(records: list[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {record.coordinates.episode: [] for record in records if isinstance(record, EpisodeOpened)}
    for record in records:
        if isinstance(record, EpisodeEnded):
            found[record.coordinates.episode].append(record.reason)
    return found


@pytest.mark.timeout(1600 if WHOLE else 180)
def test_supervisors(workdir: Path, home: Path) -> None:
    told, records = killed("supervisors", workdir, home)
    names = {record.id for record in records}
    assert set(told["released"]) <= names
    assert len(told["released"]) > KILLS
    assert told["reached"] >= KILLS // 2
    assert told["left"] == 0
    found = ends(records)
    assert all(len(reasons) == 1 for reasons in found.values()), found
    assert Counter(reason for reasons in found.values() for reason in reasons).keys() <= {"supervisor_died", "refused"}
    assert sound(home) == []
    print(f"{KILLS} kills, {told['reached']} while it acted, {len(told['released']) // 2} acts released")


@pytest.mark.timeout(1600 if WHOLE else 180)
def test_doors(workdir: Path, home: Path) -> None:
    told, records = killed("doors", workdir, home)
    assert set(told["released"]) <= {record.id for record in records}
    assert told["left"] == 0
    assert told["reached"] >= KILLS // 2
    assert told["ends"] == ["cell_died"]
    assert Counter(reason for reasons in ends(records).values() for reason in reasons) == {"cell_died": KILLS}
    assert sound(home) == []
    print(f"{KILLS} kills, {told['reached']} after its first flow, {len(told['released'])} acts released")
