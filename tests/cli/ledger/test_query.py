from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vigiles.cli.ledger.query import command
from vigiles.ledger.mint import now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act, ProcessSpec
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid, NotFound, VigilesError
from vigiles.model.union import decode


def query(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(command, ["--home", str(home), *arguments])
    if isinstance(result.exception, VigilesError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    with SyncRecorderClient(home) as client:
        for number in range(6):
            where = Coordinates(run="run-1", episode=f"ep-{number % 2}", turn=1, call=number)
            process = ProcessSpec(argv=["echo", "\x1b[31m[red]", "\u202e"])
            client.append(
                [
                    Act(
                        id=f"act-{number}",
                        at=now(),
                        coordinates=where,
                        principal="a",
                        kind="process",
                        tool="sh",
                        process=process,
                    )
                ]
            )
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)
    return home


def test_the_table(home: Path) -> None:
    output = query(home).output
    assert "6 records" in output
    assert "run-1/ep-1/1/5" in output
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert "[red]" in output


@pytest.mark.parametrize("columns", ["80", "70", "40"])
def test_a_narrow_terminal_loses_no_index_type_or_id(home: Path, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = query(home).output.splitlines()
    assert max(map(len, lines)) <= int(columns)
    if columns != "40":
        firsts = [line.split() for line in lines if "act-" in line]
        assert [(words[0], *words[3:]) for words in firsts] == [(str(n), "act", f"act-{n}") for n in range(6)]
        assert lines[3].startswith("    run-1/ep-0/1/0  ")
    assert "6 records" in lines[-1]


def test_a_pipe_gets_whole_lines_that_are_no_wider_than_their_text(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    lines = query(home).output.splitlines()
    assert len(lines) == 8
    assert all(line == line.rstrip() for line in lines)
    assert "argv=echo" in lines[1]


def test_filters_and_json_lines(home: Path) -> None:
    lines = [json.loads(line) for line in query(home, "--episode", "ep-1", "--json").output.splitlines()]
    assert [line["index"] for line in lines] == [1, 3, 5]
    assert decode(json.dumps(lines[0]["record"]).encode()).id == "act-1"
    for arguments, count in (
        (["--limit", "2"], 2),
        (["--all"], 6),
        (["--type", "act", "--call", "3"], 1),
        (["--type", "flow"], 0),
        (["--run", "run-1", "--since", "1h"], 6),
        (["--host", "x"], 0),
        (["--id", "act-4"], 1),
    ):
        assert f"{count} record{'' if count == 1 else 's'}\n" in query(home, *arguments).output


def test_bad_filters(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputInvalid) as caught:
        query(home, "--type", "acts")
    assert "verdict" in caught.value.remedy
    with pytest.raises(InputInvalid):
        query(home, "--since", "yesterday")
    with pytest.raises(NotFound):
        query(tmp_path / "none")


def test_json_is_ascii_whatever_the_agent_wrote(home: Path) -> None:
    lines = query(home, "--json").stdout.splitlines()
    assert lines
    assert all(line.isascii() for line in lines)
    assert json.loads(lines[0])["record"]["process"]["argv"][2] == "\u202e"


def test_a_finding_stands_alone(home: Path) -> None:
    with pytest.raises(InputInvalid, match="stands alone"):
        query(home, "--finding", "fnd-1", "--run", "run-1")
    with pytest.raises(NotFound, match="no finding"):
        query(home, "--finding", "act-1")
