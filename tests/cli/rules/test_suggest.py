from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.cli.rules import check, suggest
from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid, NotFound
from vigiles.model.observation.flow import Flow


@pytest.fixture
def watched(home: Path, ledger: Any) -> Path:
    def flow(host: str, protocol: Any) -> Flow:
        where = Coordinates(run="run-9", episode="ep-1", call=1)
        return Flow(
            id=new_id("obs"), at=now(), coordinates=where, sensor="door", flow=host,
            attribution=Attribution(grade="exact", call=1, methods=["listener"]), phase="close", via="connect",
            host=host, port=443, protocol=protocol,
        )  # fmt: skip

    ledger.client.append([flow("a.example", "tls"), flow("b.example", "ssh"), flow("\x1b[2J", "tls")])
    return home


def test_the_folder_is_a_profile(watched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert suggest.run(suggest.Options(watched, ("run-9",), folder)) == 0
    shown = capsys.readouterr().out
    assert "nothing refused" in shown
    assert "b.example:443: it spoke ssh" in shown
    assert "\x1b" not in shown
    assert tomllib.loads((folder / "profile.toml").read_text())["egress"]["hosts"] == ["a.example:443"]
    assert check.run(str(folder), as_json=False) == 0
    with pytest.raises(InputInvalid, match="there already"):
        suggest.run(suggest.Options(watched, ("run-9",), folder))
    suggest.run(suggest.Options(watched, ("run-9",), tmp_path / "Other", name="other", as_json=True))
    capsys.readouterr()


def test_runs_and_names_that_are_none(watched: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="run-8"):
        suggest.run(suggest.Options(watched, ("run-8",), tmp_path / "x"))
    with pytest.raises(InputInvalid, match="no profile's name"):
        suggest.run(suggest.Options(watched, ("run-9",), tmp_path / "X Y"))
    assert list(tmp_path.iterdir()) == [] or not (tmp_path / "x").exists()


@pytest.mark.cell
def test_an_observed_run_goes_under_what_it_suggests(vigiles: Callable[..., Any], tmp_path: Path) -> None:
    words = ("--", "sh", "-c", "cat /etc/hostname; echo done > made")
    done = vigiles("run", "--profile", "observe", *words)
    assert done.returncode == 0, done.stderr
    listed = vigiles("ledger", "query", "--type", "episode_opened", "--json")
    run = json.loads(listed.stdout.splitlines()[-1])["record"]["coordinates"]["run"]
    suggested = vigiles("rules", "suggest", run, "--output", str(tmp_path / "mine"))
    assert suggested.returncode == 0, suggested.stderr
    assert b"nothing refused" in suggested.stdout
    assert vigiles("run", "--profile", str(tmp_path / "mine"), *words).returncode == 0
    other = vigiles("run", "--profile", str(tmp_path / "mine"), "--", "env")
    assert other.returncode != 0, "what was never seen is not permitted"
