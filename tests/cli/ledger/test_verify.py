from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.cli.ledger.verify import command
from vigiles.ledger.erasure import OPERATOR, sign_erasure
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_or_make
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound, VigilesError
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.grants import sign_grant


def verify(home: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(command, ["--home", str(home), *arguments], standalone_mode=True)
    if isinstance(result.exception, VigilesError):
        raise result.exception
    return result


def edit(home: Path, statement: str) -> None:
    with sqlite3.connect(Home(home).database) as db:
        db.execute(statement)
    db.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    with SyncRecorderClient(home) as client:
        for number in range(10):
            client.append([Act(id=new_id("act"), at=now(), principal="a", kind="tool_call", tool=f"t{number}")])
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)
    return home


def test_sound(home: Path, tmp_path: Path) -> None:
    result = verify(home, "--save-checkpoint", str(tmp_path / "kept"))
    assert result.exit_code == 0
    assert "ok: 10 records are what was signed" in result.output
    result = verify(home, "--checkpoint", str(tmp_path / "kept"), "--key", Home(home).verifier.read_text().strip(), "--json")
    told = json.loads(result.output)
    assert (result.exit_code, told["ok"], told["size"], told["problems"]) == (0, True, 10, [])
    assert verify(home, "--key", str(Home(home).verifier)).exit_code == 0


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE entries SET body = replace(body, 't3', 't4') WHERE idx = 3", "record 3: the body is not bytes"),
        (
            "UPDATE entries SET body = CAST(replace(body, 't3', 't4') AS BLOB) WHERE idx = 3",
            "record 3: body and secret do not",
        ),
        ("DELETE FROM entries WHERE idx = 3", "record 3 is missing"),
        ("UPDATE entries SET body = NULL, secret = NULL WHERE idx = 3", "no valid erasure names it"),
        ("UPDATE entries SET id = 'act-else' WHERE idx = 3", "index columns of record 3"),
        ("UPDATE checkpoints SET note = CAST(replace(note, '10', '11') AS BLOB)", "does not hold"),
        ("DELETE FROM checkpoints", "nothing was signed"),
    ],
)
def test_unsound(home: Path, statement: str, words: str) -> None:
    edit(home, statement)
    result = verify(home)
    assert result.exit_code == 104
    assert "NOT VALID" in result.output
    assert words in result.output
    told = json.loads(verify(home, "--json").output)
    assert told["ok"] is False
    assert any(words in problem["what"] for problem in told["problems"])


def test_one_is_not_written_as_many(tmp_path: Path, home: Path) -> None:
    with SyncRecorderClient(tmp_path / "one") as client:
        client.append([Act(id=new_id("act"), at=now(), principal="a", kind="tool_call", tool="t")])
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)
    output = verify(tmp_path / "one").output
    assert "ok: 1 record is what was signed" in output
    assert "covering 1 record;" in output
    edit(home, "DELETE FROM checkpoints WHERE size = 10")
    assert "1 problem in" in verify(home).output


def test_a_cut_tail_shows_against_the_kept_checkpoint(home: Path, tmp_path: Path) -> None:
    verify(home, "--save-checkpoint", str(tmp_path / "kept"))
    edit(home, "DELETE FROM entries WHERE idx > 4")
    edit(home, "DELETE FROM checkpoints WHERE size > 5")
    result = verify(home, "--checkpoint", str(tmp_path / "kept"))
    assert result.exit_code == 104
    assert "the tail was cut" in result.output


def test_a_file_that_is_damaged(home: Path) -> None:
    path = Home(home).database
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)
    try:
        result = verify(home)
    except LedgerInvalid:
        return
    assert result.exit_code == 104
    assert "damaged" in result.output


def test_nothing_there(tmp_path: Path, home: Path) -> None:
    with pytest.raises(NotFound):
        verify(tmp_path / "none")
    with pytest.raises(InputInvalid):
        verify(home, "--checkpoint", str(tmp_path / "none"))
    with pytest.raises(InputInvalid, match="verifier key"):
        verify(home, "--key", "a+b+c")


def test_a_file_of_many_checkpoints_and_a_torn_one(home: Path, tmp_path: Path) -> None:
    from vigiles.ledger.notes_file import append_notes
    from vigiles.ledger.reader import Reader

    reader = Reader(Home(home).database)
    notes = reader.checkpoints()
    reader.close()
    append_notes(tmp_path / "kept", notes)
    whole = (tmp_path / "kept").read_bytes()
    (tmp_path / "kept").write_bytes(whole + b"\n\n" + notes[0][:30])
    result = verify(home, "--checkpoint", str(tmp_path / "kept"))
    assert result.exit_code == 0
    assert "1 piece of the files given is no whole checkpoint" in result.output
    edit(home, "DELETE FROM entries WHERE idx = 9")
    edit(home, "DELETE FROM checkpoints WHERE size = 10")
    result = verify(home, "--checkpoint", str(tmp_path / "kept"))
    assert result.exit_code == LedgerInvalid.exit_code
    assert "the tail was cut" in result.output
    assert "vigiles ledger compare" in result.output


def test_a_witness_must_have_cosigned(home: Path, tmp_path: Path) -> None:
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from vigiles.ledger.note import COSIGNATURE, Verifier, cosigned_message

    key = Ed25519PrivateKey.generate()
    witness = Verifier("witness.example/w1", COSIGNATURE, key.public_key().public_bytes_raw())
    verify(home, "--save-checkpoint", str(tmp_path / "kept"))
    note = (tmp_path / "kept").read_bytes()
    text = note.rpartition(b"\n\n")[0] + b"\n"
    signature = witness.id + (1).to_bytes(8, "big") + key.sign(cosigned_message(text, 1))
    line = f"— {witness.name} {base64.b64encode(signature).decode()}\n"
    result = verify(home, "--witness", str(witness))
    assert result.exit_code == LedgerInvalid.exit_code
    assert "no checkpoint that holds is cosigned by witness.example/w1" in result.output
    (tmp_path / "kept").write_bytes(note + line.encode())
    result = verify(home, "--witness", str(witness), "--checkpoint", str(tmp_path / "kept"))
    assert result.exit_code == 0
    assert "cosigned by witness.example/w1: 10 records" in result.output
    # What a witness sink keeps in the home is found without being named.
    Home(home).sinks.mkdir()
    (Home(home).sinks / "w1.notes").write_bytes(note + line.encode())
    assert verify(home, "--witness", str(witness)).exit_code == 0
    wrong = witness.id + (2).to_bytes(8, "big") + signature[12:]
    (tmp_path / "kept").write_bytes(note + f"— {witness.name} {base64.b64encode(wrong).decode()}\n".encode())
    result = verify(home, "--witness", str(witness), "--checkpoint", str(tmp_path / "kept"))
    assert result.exit_code == LedgerInvalid.exit_code
    assert "the cosignature by witness.example/w1 is wrong" in result.output
    with pytest.raises(InputInvalid):
        verify(home, "--witness", Home(home).verifier.read_text().strip())


class Asked:
    """One act of an episode that a rule holds, as the gate writes it; ann is registered, eve is not."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.keys = {name: Ed25519PrivateKey.generate() for name in ("ann", "eve")}
        where = Coordinates(run="run-1", episode="ep-1", turn=1, call=1)
        self.act = Act(id=new_id("act"), at=now(), coordinates=where, principal="agent", kind="tool_call", tool="wipe")
        self.held = Verdict(
            id=new_id("ver"),
            at=now(),
            coordinates=where,
            act=self.act.id,
            decision="hold",
            reason="rule_forbids",
            ruleset="r",
            persons=1,
        )
        public = self.keys["ann"].public_key().public_bytes_raw().hex()
        self.write(Principal(id=new_id("pri"), at=now(), name="ann", kind="person", key=public), self.act, self.held)

    def write(self, *records: Recorded) -> list[int]:
        with SyncRecorderClient(self.home) as client:
            written = client.append(list(records))
            os.kill(client.recorder_pid, signal.SIGTERM)
            client._sock.recv(1)
        return written

    def grant(self, by: str) -> Grant:
        until = now().wall_us + 60_000_000
        return sign_grant(
            self.act, by, "approve", self.keys[by], nonce=new_id("non"), expires_us=until, id=new_id("grt"), at=now()
        )

    def granted(self) -> Verdict:
        return msgspec.structs.replace(
            self.held, id=new_id("ver"), at=now(), decision="allow", reason="granted", persons=None
        )


@pytest.fixture
def asked(home: Path) -> Asked:
    return Asked(home)


def test_grants_are_checked_too(home: Path, asked: Asked) -> None:
    assert "grants:" not in verify(home).output
    asked.write(asked.grant("ann"), asked.granted())
    result = verify(home)
    assert result.exit_code == 0
    assert "  grants: 1 checked, 1 act granted by them\n" in result.output
    told = json.loads(verify(home, "--json").output)
    assert told["ok"] is True
    assert told["grants"] == {"checked": 1, "acts": 1, "turned_away": 0, "erased": 0, "unknown": 0, "erasures": 0}


def test_a_grant_by_a_key_that_nobody_registered_is_found(home: Path, asked: Asked) -> None:
    forged, said = asked.write(asked.grant("eve"), asked.granted())
    result = verify(home)
    assert result.exit_code == LedgerInvalid.exit_code
    assert "NOT VALID: 2 problems in 15 records" in result.output
    assert f"{forged}  the grant is by 'eve', who was not registered then as a person with a key" in result.output
    assert f"{said}  {asked.act.id} was allowed as granted with 0 of 1 grant" in result.output
    told = json.loads(verify(home, "--json").output)
    assert [problem["index"] for problem in told["problems"]] == [forged, said]
    assert told["grants"]["checked"] == 0


def test_a_grant_that_was_erased_is_counted_apart(home: Path, asked: Asked) -> None:
    given, _ = asked.write(asked.grant("ann"), asked.granted())
    with SyncRecorderClient(home) as client:
        client.erase(sign_erasure([given], "asked for", OPERATOR, load_or_make(Home(home)).private))
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)
    result = verify(home)
    assert result.exit_code == 0
    assert (
        "grants: 0 checked, 0 acts granted by them, 1 erased and 1 that cannot be checked for what was erased"
        in result.output
    )


def test_any_changed_byte_of_a_grant_is_found(home: Path, asked: Asked) -> None:
    (given, _) = asked.write(asked.grant("ann"), asked.granted())
    with sqlite3.connect(Home(home).database) as db:
        (body,) = db.execute("SELECT body FROM entries WHERE idx = ?", (given,)).fetchone()
        for place in range(0, len(body), 23):
            wrong = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            db.execute("UPDATE entries SET body = ? WHERE idx = ?", (wrong, given))
            db.commit()
            result = verify(home)
            assert (result.exit_code, "grants:" in result.output) == (104, False), (
                "grants are looked at in a sound ledger alone"
            )
        db.execute("UPDATE entries SET body = ? WHERE idx = ?", (body, given))
    db.close()
    assert verify(home).exit_code == 0
