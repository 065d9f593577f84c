"""Our export, read and verified by an independent implementation of C2SP tlog-tiles (the package ``tlog-scales``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash

from vigiles.ledger.checkpoint import open_checkpoint
from vigiles.ledger.tile_writer import export


def test_a_ledger_of_ours(ledger: Any, make: Any, tmp_path: Path) -> None:
    folder, heads = tmp_path / "tiles", []
    for count in (5, 256, 340):
        ledger.append(*(make.act(number) for number in range(count)), make.incident(), make.flow("host.example"))
        ledger.book.sign()
        leaves = [leaf for _, leaf, _, _ in ledger.raw()[0]]
        note = ledger.raw()[1][-1]
        export(folder, open_checkpoint(note, [ledger.signer.verifier]), note, lambda start, held=leaves: iter(held[start:]))
        reader = TilesReader(LocalBackend(folder))
        checkpoint = reader.get_checkpoint()
        checkpoint.verify(Vkey.from_string(str(ledger.signer.verifier)))
        heads.append(checkpoint)
        assert (checkpoint.origin, checkpoint.size) == (ledger.signer.name, len(leaves))
        assert reader.calculate_root_hash() == checkpoint.root_hash
        for index in {0, 4, len(leaves) // 2, len(leaves) - 1}:
            assert reader.get_entry(index) == leaves[index]
            proof = reader.get_inclusion_proof(index, checkpoint.size)
            proof.check(leaf_hash(leaves[index]), checkpoint.root_hash)
        for old in heads:
            reader.get_consistency_proof(old.size, checkpoint.size).check(old.root_hash, checkpoint.root_hash)
    (folder / "checkpoint").write_bytes(note.replace(b"\n607\n", b"\n606\n"))
    with pytest.raises(InvalidSignature):
        TilesReader(LocalBackend(folder)).get_checkpoint().verify(Vkey.from_string(str(ledger.signer.verifier)))
