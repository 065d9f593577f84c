"""Two episodes share a word; the rescan finds it, a person finds it honest, and it is found no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vigiles.cli.detecting import baseline_learn, rescan
from vigiles.cli.incident import close as incident_close
from vigiles.cli.incident.said import Options
from vigiles.ledger.home import Home
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import CallEnded, EpisodeEnded, EpisodeOpened
from vigiles.model.errors import NotFound
from vigiles.model.observation.http import HttpRequest
from vigiles.model.union import Recorded
from vigiles.runtime.detecting.baseline import load
from vigiles.runtime.services import Services

WORD = "6f1ed002ab5595859014ebf0951522d"


def record(ledger: Any, run: str, episode: str, path: str, *, over: bool = True) -> None:
    def head(prefix: str, call: int | None = None) -> dict[str, Any]:
        return {"id": new_id(prefix), "at": now(), "coordinates": Coordinates(run=run, episode=episode, call=call)}

    exact = Attribution(grade="exact", call=1, methods=["listener"])
    records: list[Recorded] = [
        EpisodeOpened(**head("rec"), principal="a", profile="p", ruleset="r", tier="U"),
        HttpRequest(
            **head("obs", 1), sensor="door", attribution=exact, flow="f", method="GET", host="mirror.example", port=80,
            path=path, status=404,
        ),
        CallEnded(**head("rec", 1), cpu_us=1, processes=1),
        *([EpisodeEnded(**head("rec"), reason="closed")] if over else []),
    ]  # fmt: skip
    ledger.client.append(records)


def rescanned(home: Path, capsys: pytest.CaptureFixture[str], **more: Any) -> dict[str, Any]:
    capsys.readouterr()
    assert rescan.run(rescan.Options(home, as_json=True, **more)) == 0
    total: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return total


def learn(home: Path, *runs: str, anew: bool = False) -> int:
    return baseline_learn.run(baseline_learn.Options(home, runs, anew, True))


def test_a_rescan_compares_episodes_and_records_once(home: Path, ledger: Any, capsys: pytest.CaptureFixture[str]) -> None:
    record(ledger, "run-1", "ep-1", f"/a/{WORD}")
    record(ledger, "run-2", "ep-2", f"/b/{WORD}")
    record(ledger, "run-2", "ep-3", f"/b/{WORD}", over=False)
    assert rescanned(home, capsys, run="run-1")["findings"] == 0, "a run alone has one episode with the word"
    total = rescanned(home, capsys, record=True)
    # ep-1 hears of ep-2 and ep-3; ep-2 of ep-1; ep-3 runs, and its supervisor watches it.
    assert (total["findings"], total["incidents"], total["still_running"]) == (3, 3, 1)
    assert rescanned(home, capsys)["findings"] == 0


def test_what_honest_runs_share_is_learnt_and_found_no_more(
    home: Path, ledger: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    record(ledger, "run-0", "ep-0", f"/a/{WORD}")
    learn(home, "run-0")
    assert json.loads(capsys.readouterr().out)["episodes"] == 1
    learn(home, "run-0")
    assert json.loads(capsys.readouterr().out)["episodes"] == 1, "no run counts twice"
    record(ledger, "run-1", "ep-1", f"/a/{WORD}")
    assert rescanned(home, capsys)["findings"] == 0
    Home(home).baseline.unlink()
    assert rescanned(home, capsys, record=True)["findings"] == 2
    learn(home, "run-0", "run-1")
    assert json.loads(capsys.readouterr().out)["left_out"] == 2, "a person has to look at them first"
    for incident in _incidents(home):
        incident_close.run(Options(home, incident, "honest: a private package"))
    capsys.readouterr()
    learn(home, "run-0", "run-1", anew=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["episodes"], told["left_out"]) == (2, 0)
    assert load(Home(home)).runs == ["run-0", "run-1"]


async def _across(home: Path) -> Any:
    async with await Services.start(home) as services:
        return services.across._channels._baseline


def test_the_next_supervisor_uses_it(home: Path, ledger: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    record(ledger, "run-0", "ep-0", f"/a/{WORD}")
    learn(home, "run-0")
    assert asyncio.run(_across(home)) == load(Home(home)).baseline != type(load(Home(home)).baseline)()


def test_a_run_that_is_none(home: Path, ledger: Any) -> None:
    record(ledger, "run-0", "ep-0", "/")
    with pytest.raises(NotFound, match="run-9"):
        learn(home, "run-9")
    assert not Home(home).baseline.exists()


def _incidents(home: Path) -> list[str]:
    from vigiles.ledger.query import LedgerReader

    with LedgerReader(home) as reader:
        return sorted({one.incident for _, one in reader.records(type="incident")})  # type: ignore[union-attr]  # by type
