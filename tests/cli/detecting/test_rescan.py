from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vigiles import __version__
from vigiles.cli.detecting import rescan
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import ControlUnavailable, NotFound
from vigiles.model.observation.flow import Flow


@pytest.fixture
def old(home: Path, ledger: Any) -> Path:
    """A ledger of a time when nobody looked for mining."""
    where = Coordinates(run="run-1", episode="ep-1")
    called = Coordinates(run="run-1", episode="ep-1", call=1)
    exact = Attribution(grade="exact", call=1, methods=["listener"])
    ledger.client.append(
        [
            EpisodeOpened(id=new_id("rec"), at=now(), coordinates=where, principal="a", profile="p", ruleset="r", tier="U"),
            Flow(
                id=new_id("obs"), at=now(), coordinates=called, sensor="door", attribution=exact, flow="f", phase="close",
                via="connect", host="pool\x1b[2J.example", port=3333, protocol="stratum",
            ),
            EpisodeEnded(id=new_id("rec"), at=now(), coordinates=where, reason="closed"),
        ]
    )  # fmt: skip
    return home


def count(home: Path, type: str) -> int:
    with LedgerReader(home) as reader:
        return len(list(reader.records(type=type)))


def test_it_shows_and_records_only_when_asked(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rescan.run(rescan.Options(old)) == 0
    shown = capsys.readouterr().out
    assert "stratum.conversation" in shown
    assert "1 episode, 3 records looked at: 1 new finding, in 1 incident, not recorded" in shown
    assert "\x1b" not in shown
    assert count(old, "finding") == 0
    rescan.run(rescan.Options(old, record=True, as_json=True))
    news, total = map(json.loads, capsys.readouterr().out.splitlines())
    assert news["findings"][0]["rescan"] == news["incidents"][0]["rescan"] == __version__
    assert (total["findings"], total["recorded"]) == (1, True)
    assert (count(old, "finding"), count(old, "incident")) == (1, 1)
    rescan.run(rescan.Options(old, record=True))
    assert "nothing new" in capsys.readouterr().out
    assert count(old, "finding") == 1


def test_runs_and_detectors_that_are_none(old: Path) -> None:
    with pytest.raises(NotFound, match="run-2"):
        rescan.run(rescan.Options(old, run="run-2"))
    with pytest.raises(ControlUnavailable, match="detector nothing"):
        rescan.run(rescan.Options(old, detectors=("nothing",)))
