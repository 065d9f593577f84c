from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.cli.ledger.tiles_check import Options, run
from vigiles.ledger.checkpoint import Checkpoint
from vigiles.ledger.merkle import leaf_hash, root_of
from vigiles.ledger.note import Signer
from vigiles.ledger.tile_writer import export
from vigiles.model.errors import InputInvalid

SIGNER = Signer("log.example/one", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_sound_and_unsound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leaves = [b"a", b"b"]
    checkpoint = Checkpoint(SIGNER.name, 2, root_of([leaf_hash(one) for one in leaves]))
    export(tmp_path, checkpoint, checkpoint.sign(SIGNER), lambda start: iter(leaves[start:]))
    options = Options(tmp_path, str(SIGNER.verifier))
    assert run(options) == 0
    assert "ok: log.example/one of 2 records is what was signed" in capsys.readouterr().out
    (tmp_path / "tile/entries/000.p/2").write_bytes(b"\x00\x01a\x00\x01c")
    assert run(options) == 104
    told = capsys.readouterr().out
    assert told.startswith("NOT VALID: 2 problems in 2 records")
    assert "holds other hashes than its entries give" in told


def test_an_unusable_key(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="cannot use the verifier key"):
        run(Options(tmp_path, "nonsense"))
