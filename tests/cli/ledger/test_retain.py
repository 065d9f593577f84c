from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import msgspec
from click.testing import CliRunner

from vigiles.cli.ledger.retain import command
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.retention import Retention
from vigiles.model.stamp import Stamp

DAY = 86_400_000_000
WHERE = Coordinates(run="run-1", episode="ep-1")


def before(days: int) -> Stamp:
    return msgspec.structs.replace(now(), wall_us=now().wall_us - days * DAY)


def fill(home: Path) -> None:
    kept = Retention(bodies_days=7, days={"episode_ended": None})
    opened = EpisodeOpened(
        id=new_id("e"), at=before(10), coordinates=WHERE, principal="a", profile="p", ruleset="r", tier="U", retention=kept
    )
    acts = [
        Act(id=new_id("act"), at=before(days), coordinates=WHERE, principal="a", kind="tool_call", tool=f"t{days}")
        for days in (9, 8, 3)
    ]
    with SyncRecorderClient(home) as client:
        ended = EpisodeEnded(id=new_id("e"), at=before(3), coordinates=WHERE, reason="closed")
        client.append([opened, *acts, ended])


def acts(home: Path) -> list[int]:
    with LedgerReader(home) as reader:
        return [index for index, _ in reader.records(type="act")]


def stop(home: Path) -> None:
    with SyncRecorderClient(home) as client:
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)


def retain(home: Path, *words: str) -> dict[str, object]:
    told: dict[str, object] = json.loads(CliRunner().invoke(command, ["--home", str(home), "--json", *words]).output)
    return told


def test_counted_first_and_erased_when_asked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home)
    assert retain(home) == {"due": 2, "erasures": []}
    assert acts(home) == [1, 2, 3]
    assert retain(home, "--yes") == {"due": 2, "erasures": [5]}
    assert acts(home) == [3]
    assert retain(home, "--yes") == {"due": 0, "erasures": []}
    assert CliRunner().invoke(command, ["--home", str(home)]).output.startswith("0 bodies")
    stop(home)


def test_a_recorder_does_it_at_its_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home)
    stop(home)
    assert acts(home) == [1, 2, 3]
    with SyncRecorderClient(home) as client:
        # Counted from the newest record, which is three days old: a clock that jumped ahead erases nothing.
        client.append([Act(id=new_id("act"), at=now(), principal="a", kind="tool_call", tool="new")])
    stop(home)
    until = time.monotonic() + 10
    with SyncRecorderClient(home):
        while acts(home) != [3, 5] and time.monotonic() < until:
            time.sleep(0.05)
        assert acts(home) == [3, 5]
    stop(home)
