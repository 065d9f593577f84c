"""Every disk state that a crash may leave: nothing answered is missing, everything verifies, and recording goes on.

A real recorder is recorded under load (``recording.py``); the states that its writes and syncs allow are made (``disk.py``)
and each is opened, verified and continued. Some hundreds in every run; ``VIGILES_CRASH_STATES=all`` takes all positions in
all ways, about ten thousand states, in some minutes.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient

ALL = os.environ.get("VIGILES_CRASH_STATES") == "all"
#: States in an ordinary run; chances tried for each position and way when all are asked for.
MOST, SEEDS = 280, 3


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """In memory where that is to be had: syncs that are real would only cost time here."""
    base = Path(tempfile.mkdtemp(prefix="vigiles-crash-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    yield base
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def made(power: Any, folder: Path, make: Any) -> Any:
    root = folder / "recorded"
    root.mkdir()
    return power.record(root, make)


def looked_at(power: Any, made: Any, folder: Path, make: Any, most: int | None) -> tuple[int, Counter[str], list[str]]:
    """Check states; return how many, how many of each way, and what was wrong with them."""
    count, ways, found = 0, Counter[str](), []
    for state in power.neighbour("disk").states(made.ops, str(made.root), most=most, seeds=1 if most else SEEDS):
        target = folder / "state"
        target.mkdir()
        try:
            power.put(state, str(made.root), target)
            for what in power.wrong(made, state, target, make):
                found.append(f"position {state.at}, {state.way}: {what}")
        finally:
            shutil.rmtree(target)
        count += 1
        ways[state.way] += 1
    return count, ways, found


def test_the_recording_is_whole(made: Any) -> None:
    kinds = Counter(op.kind for op in made.ops)
    assert made.faults == []
    assert kinds["write"] > 500
    assert kinds["sync"] > 40
    assert kinds["truncate"] > 2, "the log was cut for the erasures"
    assert len(made.owed) >= 40
    assert len(made.given) > 4
    assert any(op.path.endswith("ledger.sqlite3") for op in made.ops if op.kind == "write"), "the log was folded"


@pytest.mark.timeout(3000 if ALL else 180)
def test_no_state_that_a_crash_may_leave_loses_what_was_answered(power: Any, made: Any, folder: Path, make: Any) -> None:
    count, ways, found = looked_at(power, made, folder, make, None if ALL else MOST)
    print(f"{count} states: {dict(ways)}")
    assert found == []
    assert count > 150
    assert set(ways) == set(power.neighbour("disk").WAYS)


def test_a_recorder_as_a_process_goes_on_from_there(power: Any, made: Any, folder: Path, make: Any) -> None:
    some = [state for state in power.neighbour("disk").states(made.ops, str(made.root), most=40) if made.due(state.at)]
    for state in some[:: max(1, len(some) // 6)]:
        target = folder / "started"
        target.mkdir()
        power.put(state, str(made.root), target)
        home = target / made.home.relative_to(made.root)
        promised = sum(len(owed.ids) for owed in made.due(state.at) if owed.first is not None)
        with SyncRecorderClient(home) as client:
            (index,) = client.append([make.act()])
            os.kill(client.recorder_pid, signal.SIGTERM)
            client._sock.recv(1)
        with LedgerReader(home) as reader:
            assert index >= promised
            assert reader.proof(index).checkpoint.size == index + 1
        shutil.rmtree(target)


#: Python that replaces one of the store's settings.
_SETTING = "import vigiles.ledger.store as s; s._PRAGMAS = tuple(p for p in s._PRAGMAS if p[:6] != {0!r}[:6]) + ({0!r},)"
SPOILED = {
    "nothing is synced": (
        _SETTING.format("synchronous=OFF"),
        "answered and missing",
    ),
    "the log is not synced at each commit": (
        _SETTING.format("synchronous=NORMAL"),
        "answered and missing",
    ),
    "a checkpoint is given away that is not on the disk": (
        _SETTING.format("synchronous=NORMAL"),
        "the tail was cut",
    ),
    "names are not synced": (
        "import vigiles.ledger.durable as d; d.sync_folder = lambda path: None",
        "the ledger is gone",
    ),
    "an answer goes out before the commit": (
        "import vigiles.ledger.service as v; from vigiles.ledger import wire\n"
        "take = v.Service._take\n"
        "def early(self, peer, message):\n"
        "    if isinstance(message, wire.Append) and message.request and message.rows:\n"
        "        self._answer(peer, wire.Done(message.request, self._book.size))\n"
        "        message = wire.Append(0, message.durable, message.rows)\n"
        "    take(self, peer, message)\n"
        "v.Service._take = early",
        "answered and missing",
    ),
    "what is erased stays in the log": (
        "import vigiles.ledger.folding as f; f.Folding.empty = lambda self, writer: None\n"
        + _SETTING.format("secure_delete=OFF"),
        "what was erased is still in a file",
    ),
}


@pytest.mark.parametrize("which", SPOILED)
def test_a_recorder_that_is_not_careful_is_found_out(power: Any, folder: Path, make: Any, which: str) -> None:
    changed, words = SPOILED[which]
    root = folder / "spoiled"
    root.mkdir()
    try:
        made = power.record(root, make, changed=changed, rounds=2)
        assert made.faults == []
        _, _, found = looked_at(power, made, folder, make, 100)
    finally:
        shutil.rmtree(root)
    assert any(words in what for what in found)
