from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from vigiles.cli.ledger import verify
from vigiles.cli.ledger.sinks import command
from vigiles.ledger.delivering import take_turn
from vigiles.ledger.home import Home
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sinks.state import SinkState, save_state
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.errors import InputInvalid, VigilesError


def sinks(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(command, ["--home", str(home), *arguments])
    if isinstance(result.exception, VigilesError):
        raise result.exception
    return result


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    with SyncRecorderClient(home) as client:
        for _ in range(3):
            client.append([Act(id=new_id("act"), at=now(), principal="a", kind="tool_call", tool="t")])
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)
    return home


def use(home: Path, path: Path) -> None:
    Home(home).settings.write_text(f'[sinks.disk]\nkind = "file"\npath = "{path}"\n')


def told(result: Result) -> dict[str, Any]:
    (line,) = json.loads(result.output)["sinks"]
    return dict(line)


def test_without_sinks_it_says_how_to_have_one(home: Path) -> None:
    result = sinks(home)
    assert result.exit_code == 0
    assert "[sinks.other-disk]" in result.output
    assert json.loads(sinks(home, "--json").output) == {"sinks": []}


def test_what_waits_is_shown_and_can_be_given(home: Path, tmp_path: Path) -> None:
    use(home, tmp_path / "kept")
    line = told(sinks(home, "--json"))
    assert (line["name"], line["kind"], line["delivered"], line["newest"]) == ("disk", "file", 0, 3)
    assert "0/3" in sinks(home).output
    line = told(sinks(home, "--deliver", "--json"))
    assert (line["delivered"], line["failures"], line["error"]) == (3, 0, "")
    assert line["remark"] == "on the same disk as the ledger"
    result = sinks(home)
    assert "3/3" in result.output
    assert "same disk" in result.output
    # What the sink holds is what an auditor verifies against.
    verified = CliRunner().invoke(verify.command, ["--home", str(home), "--checkpoint", str(tmp_path / "kept"), "--json"])
    assert (verified.exit_code, json.loads(verified.output)["ok"]) == (0, True)


def test_a_failure_is_shown(home: Path) -> None:
    use(home, Path("/no/such/folder/kept"))
    line = told(sinks(home, "--deliver", "--json"))
    assert (line["delivered"], line["failures"], line["conflict"]) == (0, 1, False)
    assert line["failing_us"] > 0
    assert "/no/such/folder/kept" in line["error"]
    assert "fails (1)" in sinks(home).output


def test_a_conflict_is_an_exit_code(home: Path, tmp_path: Path) -> None:
    use(home, tmp_path / "kept")
    save_state(Home(home), "disk", SinkState(target=str(tmp_path / "kept"), delivered=9, delivered_us=1))
    result = sinks(home, "--deliver")
    assert result.exit_code == 104
    assert "CONFLICT" in result.output
    assert "tail was cut" in result.output


def test_a_sender_at_work_is_left_alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigiles.cli.ledger.sinks._TURN_S", 0.1)
    use(home, tmp_path / "kept")
    turn = take_turn(Home(home).sinks, 0)
    assert turn is not None
    with pytest.raises(InputInvalid, match="sender is at work"):
        sinks(home, "--deliver")
    os.close(turn)
    use(home, Path("here"))
    with pytest.raises(InputInvalid, match=r"sinks\.disk\.path"):
        sinks(home)


def test_a_token_in_an_address_is_not_shown(home: Path) -> None:
    Home(home).settings.write_text(
        '[sinks.hook]\nkind = "webhook"\nurl = "https://h.example/in?key=secret-word"\n[notify.a]\n'
    )
    assert told(sinks(home, "--json"))["target"] == "https://h.example/in"
    assert "secret-word" not in sinks(home).output
