from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vigiles.cli.ledger.show import command
from vigiles.ledger.erasure import sign_erasure
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_signer
from vigiles.ledger.merkle import leaf_hash, verify_inclusion
from vigiles.ledger.mint import now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model import canonical
from vigiles.model.act import Act
from vigiles.model.errors import NotFound, VigilesError

HOSTILE = "rm \x1b[2J\u202e[bold]x"


def show(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(command, ["--home", str(home), *arguments])
    if isinstance(result.exception, VigilesError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    with SyncRecorderClient(home) as client:
        for number in range(5):
            record = Act(id=f"act-{number}", at=now(), principal="a", kind="tool_call", tool=HOSTILE)
            client.append([record])
        client.erase(sign_erasure([1], "asked", "operator", load_signer(Home(home)).private))
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)
    return home


def test_by_index_and_by_id(home: Path) -> None:
    by_index, by_id = show(home, "3").output, show(home, "act-3").output
    assert by_index == by_id
    assert "proof: holds" in by_index
    assert "signed checkpoint" in by_index


def test_agent_text_is_made_safe(home: Path) -> None:
    output = show(home, "3").output
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert "[bold]x" in output


def test_the_json_lets_a_stranger_check(home: Path) -> None:
    told = json.loads(show(home, "3", "--json").output)
    proof = told["proof"]
    path = [bytes.fromhex(node) for node in proof["path"]]
    leaf = canonical.encode(told["leaf"])
    assert verify_inclusion(leaf_hash(leaf), 3, proof["size"], path, bytes.fromhex(proof["root"]))
    assert told["record"]["tool"] == HOSTILE


def test_an_erased_record_still_has_its_proof(home: Path) -> None:
    output = show(home, "1").output
    assert "erased" in output
    assert "proof: holds" in output


@pytest.mark.parametrize("which", ["99", "act-99", "", "²", "9" * 30])
def test_not_there(home: Path, which: str) -> None:
    with pytest.raises(NotFound):
        show(home, which)
