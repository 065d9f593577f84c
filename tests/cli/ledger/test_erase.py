from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.cli.ledger.erase import command
from vigiles.cli.ledger.verify import command as verify_command
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid, NotFound, VigilesError
from vigiles.model.principal import Principal

NEEDLE = "needle-of-a-secret-body"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def act(number: int) -> Act:
    where = Coordinates(run="run-1", episode=f"ep-{number % 2}", call=number)
    text = {"command": f"{NEEDLE}-{number} " * 300}
    return Act(id=new_id("act"), at=now(), coordinates=where, principal="a", kind="tool_call", tool="t", arguments=text)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Records 0 to 9 are acts of two episodes, 10 a principal; a recorder runs."""
    home = tmp_path / "home"
    with SyncRecorderClient(home) as client:
        client.append([act(number) for number in range(10)])
        client.append(
            [Principal(id=new_id("p"), at=now(), name="alice", kind="person", key=KEY.public_key().public_bytes_raw().hex())]
        )
        yield home
        os.kill(client.recorder_pid, signal.SIGTERM)


def erase(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(command, ["--home", str(home), *arguments])
    if isinstance(result.exception, VigilesError):
        raise result.exception
    return result


def held(home: Path) -> list[int]:
    with LedgerReader(home) as reader:
        return [index for index, _ in reader.records(type="act")]


def sound(home: Path) -> None:
    """Verify, once the recorder has signed what was done."""
    until = time.monotonic() + 10
    while True:
        told = json.loads(CliRunner().invoke(verify_command, ["--home", str(home), "--json"]).output)
        if told["ok"] and not told["unsigned"]:
            return
        assert time.monotonic() < until, told
        time.sleep(0.1)


def files_with(home: Path, needle: str) -> list[str]:
    return [path.name for path in home.rglob("*") if path.is_file() and needle.encode() in path.read_bytes()]


def test_by_itself_it_only_shows(home: Path) -> None:
    result = erase(home, "--episode", "ep-1", "--reason", "a request")
    assert result.exit_code == 0
    assert "would erase 5 bodies" in result.output
    assert "nothing was erased" in result.output
    told = json.loads(erase(home, "--index", "0-20", "--reason", "r", "--json").output)
    assert (told["bodies"], told["types"], told["never_erased"], told["erasures"]) == (10, {"act": 10}, 1, [])
    assert held(home) == list(range(10))


def test_as_operator_no_byte_stays_and_the_ledger_is_sound(home: Path) -> None:
    assert files_with(home, f"{NEEDLE}-3 ")
    result = erase(home, "--episode", "ep-1", "--reason", "a request", "--yes")
    assert "erased 5 bodies; on record as 11" in result.output
    assert held(home) == [0, 2, 4, 6, 8]
    for number in (1, 3, 5, 7, 9):
        assert files_with(home, f"{NEEDLE}-{number} ") == []
    assert files_with(home, f"{NEEDLE}-4 ")  # the search would find what is there
    with LedgerReader(home) as reader:
        record = reader.record(11)
    assert (record.indices, record.reason, record.principal) == ([1, 3, 5, 7, 9], "a request", "operator")  # type: ignore[union-attr]  # an erasure
    sound(home)
    with pytest.raises(InputInvalid, match="has a body"):
        erase(home, "--episode", "ep-1", "--reason", "again", "--yes")


def test_with_the_grant_of_a_principal(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "request"
    result = erase(home, "--index", "2-3", "--reason", "asked for", "--principal", "alice", "--ask", str(file))
    assert "alice signs" in result.output
    assert held(home) == list(range(10))
    with pytest.raises(InputInvalid, match="not signed"):
        erase(home, "--grant", str(file))
    told = json.loads(file.read_text())
    file.write_text(json.dumps(told | {"signature": "00" * 64}))
    with pytest.raises(InputInvalid, match="registered key"):
        erase(home, "--grant", str(file))
    file.write_text(json.dumps(told | {"signature": KEY.sign(bytes.fromhex(told["sign"])).hex()}))
    assert json.loads(erase(home, "--grant", str(file), "--json").output) == {"bodies": 2, "erasures": [11]}
    assert held(home) == [0, 1, 4, 5, 6, 7, 8, 9]
    sound(home)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--index", "1"],
        ["--reason", "r"],
        ["--index", "9-1", "--reason", "r"],
        ["--index", "x", "--reason", "r"],
        ["--older-than", "1h", "--reason", "r"],
        ["--older-than", "1d", "--reason", "r"],
        ["--type", "nothing", "--reason", "r"],
        ["--type", "principal", "--reason", "r", "--yes"],
        ["--index", "1", "--reason", "r", "--ask", "x"],
        ["--index", "1", "--reason", "r", "--principal", "alice"],
        ["--grant", "x", "--yes"],
    ],
)
def test_what_is_refused(home: Path, arguments: list[str]) -> None:
    with pytest.raises(InputInvalid) as caught:
        erase(home, *arguments)
    assert caught.value.remedy
    assert held(home) == list(range(10))


def test_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        erase(tmp_path, "--index", "1", "--reason", "r")
