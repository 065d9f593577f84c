from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vigiles.cli.ledger import check_fork
from vigiles.cli.ledger import compare as ledger_compare
from vigiles.ledger.home import Home
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.reader import Reader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.errors import InputInvalid, VigilesError


def compare(*arguments: object) -> Result:
    result = CliRunner().invoke(ledger_compare.command, [str(argument) for argument in arguments])
    if isinstance(result.exception, VigilesError):
        raise result.exception
    return result


def check(*arguments: object) -> Result:
    result = CliRunner().invoke(check_fork.command, [str(argument) for argument in arguments])
    if isinstance(result.exception, VigilesError):
        raise result.exception
    return result


def record(home: Path, count: int) -> None:
    with SyncRecorderClient(home) as client:
        for number in range(count):
            client.append([Act(id=new_id("act"), at=now(), principal="a", kind="tool_call", tool=f"t{number}")])
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)


@pytest.fixture
def forked(tmp_path: Path) -> tuple[Path, Path]:
    """Two homes with one key: 4 records in common, then 2 and 3 of their own."""
    one, other = tmp_path / "one", tmp_path / "other"
    record(one, 4)
    shutil.copytree(one, other, ignore=shutil.ignore_patterns("*.sock"))
    record(one, 2)
    record(other, 3)
    return one, other


@pytest.fixture
def note_of(tmp_path: Path) -> Callable[[Path], Path]:
    """Copy a home's newest checkpoint to a file."""

    def copy(home: Path) -> Path:
        reader = Reader(Home(home).database)
        note = reader.newest_checkpoint()
        reader.close()
        assert note is not None
        path = tmp_path / f"{home.name}.note"
        path.write_bytes(note)
        return path

    return copy


def test_two_stores_of_one_key_that_disagree_are_proved_to(forked: tuple[Path, Path], tmp_path: Path) -> None:
    one, other = forked
    result = compare(one, other, "--proof", tmp_path / "proof")
    assert result.exit_code == 104
    assert "FORKED" in result.output
    assert result.output.count("— vigiles/ledger/") == 2, "both signed notes are shown"
    shutil.rmtree(one)
    shutil.rmtree(other)
    # Whoever has the proof and the key needs nothing else.
    key = json.loads((tmp_path / "proof").read_bytes())["key"]
    assert check(tmp_path / "proof", "--key", key).output.startswith("proved: vigiles/ledger/")
    assert "compare it with the log's" in check(tmp_path / "proof").output
    told = json.loads(check(tmp_path / "proof", "--json").output)
    assert (told["proved"], told["key"], told["sizes"]) == (True, key, [6, 7])


def test_a_store_and_a_kept_checkpoint_that_disagree(forked: tuple[Path, Path], note_of: Callable[[Path], Path]) -> None:
    one, other = forked
    result = compare(other, note_of(one), "--json")
    told = json.loads(result.output)
    assert (result.exit_code, told["forked"]) == (104, True)
    assert told["proof"]["type"] == "vigiles/fork/1"
    assert "the first 6 records" in told["why"]


def test_two_checkpoints_alone(forked: tuple[Path, Path], note_of: Callable[[Path], Path]) -> None:
    one, other = forked
    key = Home(one).verifier
    result = compare(note_of(one), note_of(other), "--key", key)
    assert result.exit_code == 0
    assert "the checkpoint of 7 records was not compared" in result.output
    record(one, 1)  # now of one size
    result = compare(note_of(one), note_of(other), "--key", key)
    assert result.exit_code == 104
    assert "two trees of 7 records were signed" in result.output
    with pytest.raises(InputInvalid, match="no verifier key"):
        compare(note_of(one), note_of(other))


def test_one_history(forked: tuple[Path, Path], tmp_path: Path, note_of: Callable[[Path], Path]) -> None:
    one, _ = forked
    earlier = note_of(one)
    record(one, 3)
    result = compare(one, earlier)
    assert result.exit_code == 0
    assert "of one history" in result.output
    assert json.loads(compare(one, earlier, "--json").output)["not_compared"] == []


def test_what_cannot_be_compared_or_checked(forked: tuple[Path, Path], tmp_path: Path) -> None:
    one, _ = forked
    record(tmp_path / "stranger", 1)
    for arguments in ((one, tmp_path / "stranger"), (one, "--key", "a+b+c"), (one, tmp_path / "none")):
        with pytest.raises(InputInvalid) as caught:
            compare(*arguments)
        assert caught.value.remedy
    (tmp_path / "rubbish").write_text("{}")
    for arguments in ((tmp_path / "rubbish",), (tmp_path / "none",), (tmp_path / "rubbish", "--key", "a")):
        with pytest.raises(InputInvalid) as caught:
            check(*arguments)
        assert caught.value.remedy
    with pytest.raises(InputInvalid, match="cannot write"):
        compare(*forked, "--proof", "/no/such/folder/proof")
