from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.checkpoint import Checkpoint
from vigiles.ledger.merkle import leaf_hash, root_of
from vigiles.ledger.note import Signer
from vigiles.ledger.tile_verify import verify_tiles
from vigiles.ledger.tile_writer import export
from vigiles.ledger.verify import KeyInvalid

TESSERA = Path(__file__).parents[1] / "data" / "tessera"
SIGNER = Signer("log.example/one", Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEY = str(SIGNER.verifier)


def write(folder: Path, leaves: list[bytes], signer: Signer = SIGNER, origin: str | None = None) -> bytes:
    checkpoint = Checkpoint(origin or signer.name, len(leaves), root_of([leaf_hash(one) for one in leaves]))
    note = checkpoint.sign(signer)
    export(folder, checkpoint, note, lambda start: iter(leaves[start:]))
    return note


def tessera(folder: Path, size: int) -> str:
    """Lay out Tessera's log at ``size`` entries by hand and return its key."""
    entries = (TESSERA / "entries").read_bytes().split()[:size]
    (folder / "tile/0/000.p").mkdir(parents=True)
    (folder / "tile/entries/000.p").mkdir(parents=True)
    (folder / "checkpoint").write_bytes((TESSERA / f"checkpoint.{size}").read_bytes())
    if size:
        hashes = b"".join(hashlib.sha256(b"\x00" + entry).digest() for entry in entries)
        (folder / f"tile/0/000.p/{size}").write_bytes(hashes)
        bundle = b"".join(bytes([0, len(entry)]) + entry for entry in entries)
        (folder / f"tile/entries/000.p/{size}").write_bytes(bundle)
    return (TESSERA / "key").read_text(encoding="utf-8")


@pytest.mark.parametrize("size", range(16))
def test_tessera_s_published_log(tmp_path: Path, size: int) -> None:
    key = tessera(tmp_path, size)
    earlier = [(TESSERA / f"checkpoint.{old}").read_bytes() for old in range(size)]
    report = verify_tiles(tmp_path, key, origin="example.com/log/testdata", elsewhere=earlier)
    assert (report.problems, report.size, report.entries, report.checkpoints) == ([], size, size, size + 1)


def test_tessera_s_log_with_one_letter_changed(tmp_path: Path) -> None:
    key = tessera(tmp_path, 15)
    path = tmp_path / "tile/entries/000.p/15"
    path.write_bytes(path.read_bytes().replace(b"nain", b"nine"))
    words = [problem.what for problem in verify_tiles(tmp_path, key).problems]
    assert any("holds other hashes" in one for one in words)
    assert any("not what the checkpoint" in one for one in words)


def test_another_name_than_the_key_s(tmp_path: Path) -> None:
    write(tmp_path, [b"a"], origin="log.example/other")
    assert verify_tiles(tmp_path, KEY, origin="log.example/other").ok
    assert "another log" in verify_tiles(tmp_path, KEY).problems[0].what


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    write(tmp_path, [b"leaf %d" % number for number in range(700)])
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    chosen = random.Random(7)
    for _ in range(300):
        path = chosen.choice(paths)
        data = bytearray(path.read_bytes())
        before = bytes(data)
        how = chosen.randrange(3)
        at = chosen.randrange(len(data))
        if how == 0:
            data[at] ^= 1 << chosen.randrange(8)
        elif how == 1:
            del data[at:]
        else:
            data[at:at] = b"\x00"
        path.write_bytes(data)
        assert not verify_tiles(tmp_path, KEY).ok, (path, how, at)
        path.write_bytes(before)
    assert verify_tiles(tmp_path, KEY).ok


def test_every_missing_or_swapped_file_is_found(tmp_path: Path) -> None:
    write(tmp_path, [b"leaf %d" % number for number in range(700)])
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        data = path.read_bytes()
        path.unlink()
        assert not verify_tiles(tmp_path, KEY).ok, path
        path.write_bytes(data)
    one, two = tmp_path / "tile/entries/000", tmp_path / "tile/entries/001"
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert not verify_tiles(tmp_path, KEY).ok


def test_a_cut_tail_and_a_fork_show_against_a_checkpoint_kept_elsewhere(tmp_path: Path) -> None:
    leaves = [b"leaf %d" % number for number in range(700)]
    longer = write(tmp_path / "long", leaves)
    early = write(tmp_path / "early", leaves[:300])
    other = write(tmp_path / "other", [b"x", *leaves[1:300]])
    assert verify_tiles(tmp_path / "long", KEY, elsewhere=[early]).checkpoints == 2
    assert "tail was cut" in verify_tiles(tmp_path / "early", KEY, elsewhere=[longer]).problems[0].what
    assert "not what a checkpoint kept elsewhere" in verify_tiles(tmp_path / "long", KEY, elsewhere=[other]).problems[0].what
    assert "does not hold" in verify_tiles(tmp_path / "long", KEY, elsewhere=[b"nothing"]).problems[0].what


def test_a_full_tile_stands_for_a_partial_one(tmp_path: Path) -> None:
    leaves = [b"leaf %d" % number for number in range(600)]
    early = write(tmp_path, leaves[:300])
    write(tmp_path, leaves)
    for path in (tmp_path / "tile").rglob("*.p/44"):
        path.unlink()
    (tmp_path / "checkpoint").write_bytes(early)
    report = verify_tiles(tmp_path, KEY)
    assert (report.problems, report.entries) == ([], 300)


def test_a_key_that_is_none() -> None:
    with pytest.raises(KeyInvalid):
        verify_tiles(Path(), "no key")
