"""Episodes that outlive nobody: the recorder ends those whose supervisor is gone."""

from __future__ import annotations

import time
from pathlib import Path

from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened


def opened(episode: str) -> EpisodeOpened:
    place = Coordinates(run="run-1", episode=episode)
    return EpisodeOpened(
        id=new_id("eop"), at=now(), coordinates=place, principal="agent", profile="p", ruleset="0" * 64, tier="U"
    )


def ended(episode: str) -> EpisodeEnded:
    return EpisodeEnded(id=new_id("eed"), at=now(), coordinates=Coordinates(run="run-1", episode=episode), reason="closed")


def ends(home: Path) -> list[tuple[str, str]]:
    with LedgerReader(home) as reader:
        found = [record for _, record in reader.records() if isinstance(record, EpisodeEnded)]
    return [(end.coordinates.episode, end.reason) for end in found if end.coordinates is not None]


def test_only_what_is_open_when_a_client_goes_is_ended_for_it(home: Path) -> None:
    with SyncRecorderClient(home) as stays:
        stays.append([opened("ep-of-another")])
        with SyncRecorderClient(home) as goes:
            goes.append([opened("ep-1"), opened("ep-2"), ended("ep-2")])
            goes.post(opened("ep-3"))
            goes.flush()
        deadline = time.monotonic() + 5
        while len(ends(home)) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert ends(home) == [("ep-2", "closed"), ("ep-1", "supervisor_died"), ("ep-3", "supervisor_died")]
        stays.append([ended("ep-of-another")])
    assert ends(home)[-1] == ("ep-of-another", "closed")
