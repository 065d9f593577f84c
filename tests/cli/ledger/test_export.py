from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vigiles.cli.ledger.export import command
from vigiles.cli.ledger.verify import command as verify_command
from vigiles.ledger.home import Home
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound, VigilesError


def call(what: object, *arguments: str) -> Result:
    result = CliRunner().invoke(what, arguments, standalone_mode=True)  # type: ignore[arg-type]  # a click command
    if isinstance(result.exception, VigilesError):
        raise result.exception
    return result


def record(home: Path, run: str, count: int) -> None:
    where = Coordinates(run=run, episode="ep-1", turn=1, call=1)
    with SyncRecorderClient(home) as client:
        client.append(
            [
                Act(id=new_id("act"), at=now(), coordinates=where, principal="a", kind="tool_call", tool=f"tool-{number}")
                for number in range(count)
            ]
        )
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    record(home, "run-1", 300)
    return home


def test_export_then_verify_with_the_key_alone(home: Path, tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    told = json.loads(call(command, "--home", str(home), "--tiles", str(tiles), "--json").output)
    assert (told["size"], told["start"], told["kept"]) == (300, 0, 0)
    assert all(b"tool-" not in path.read_bytes() for path in tiles.rglob("*") if path.is_file())
    result = call(verify_command, "--tiles", str(tiles), "--key", told["key"])
    assert result.exit_code == 0
    assert "of 300 records is what was signed" in result.output
    record(home, "run-2", 300)
    assert "600 records exported" in call(command, "--home", str(home), "--tiles", str(tiles)).output
    report = json.loads(call(verify_command, "--tiles", str(tiles), "--home", str(home), "--json").output)
    assert (report["ok"], report["entries"], report["origin"]) == (True, 600, told["origin"])


def test_only_one_run_s_entries(home: Path, tmp_path: Path) -> None:
    record(home, "run-2", 300)
    tiles = tmp_path / "tiles"
    call(command, "--home", str(home), "--tiles", str(tiles), "--run", "run-2")
    result = call(verify_command, "--tiles", str(tiles), "--home", str(home), "--absent-bundles")
    assert "entries 344, by hash alone 256" in result.output
    with pytest.raises(NotFound, match="run-3"):
        call(command, "--home", str(home), "--tiles", str(tiles), "--run", "run-3")


def test_a_changed_leaf_is_not_exported(home: Path, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(Home(home).database) as db:
        db.execute("UPDATE entries SET leaf = CAST(replace(leaf, 'act', 'bct') AS BLOB) WHERE idx = 7")
    db.close()
    with pytest.raises(LedgerInvalid, match="newest checkpoint"):
        call(command, "--home", str(home), "--tiles", str(tmp_path / "tiles"))
    assert not (tmp_path / "tiles").exists()


def test_the_options_of_tiles_belong_to_them(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="go with --tiles"):
        call(verify_command, "--home", str(home), "--origin", "x")
    with pytest.raises(InputInvalid, match="do not go with"):
        call(verify_command, "--home", str(home), "--tiles", str(tmp_path), "--save-checkpoint", str(tmp_path / "c"))
