from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.checkpoint import Checkpoint
from vigiles.ledger.merkle import leaf_hash, root_of
from vigiles.ledger.note import Signer
from vigiles.ledger.tile_verify import verify_tiles
from vigiles.ledger.tile_writer import Exported, bundle_path, export, hash_path
from vigiles.model.errors import InputInvalid, LedgerInvalid, LedgerUnwritable

SIGNER = Signer("log.example/one", Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEY = str(SIGNER.verifier)


def leaf(number: int) -> bytes:
    return b"leaf %d" % number


def write(
    folder: Path, size: int, *, make: Any = leaf, signer: Signer = SIGNER, bundles: set[int] | None = None
) -> Exported:
    leaves = [make(number) for number in range(size)]
    checkpoint = Checkpoint(signer.name, size, root_of([leaf_hash(one) for one in leaves]))

    def after(start: int) -> Iterator[bytes]:
        return iter(leaves[start:])

    return export(folder, checkpoint, checkpoint.sign(signer), after, bundles)


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("number", "path"), [(0, "000"), (67, "067"), (1000, "x001/000"), (1_234_067, "x001/x234/067"), (999_999, "x999/999")]
)
def test_paths_are_the_specification_s(number: int, path: str) -> None:
    assert hash_path(2, number) == f"tile/2/{path}"
    assert bundle_path(number, 5) == f"tile/entries/{path}.p/5"


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_793])
def test_every_shape_of_tree_verifies(tmp_path: Path, size: int) -> None:
    write(tmp_path, size)
    report = verify_tiles(tmp_path, KEY)
    assert (report.problems, report.size, report.entries, report.checkpoints) == ([], size, size, 1)
    full = {path for path in files(tmp_path) if path.startswith("tile/entries/") and ".p/" not in path}
    assert len(full) == size // 256
    assert (tmp_path / "tile/1/000").exists() == (size >= 65_536)


def test_it_goes_on_where_it_ended_and_rewrites_no_full_tile(tmp_path: Path) -> None:
    sizes = [0, 3, 3, 255, 256, 300, 600, 65_500, 65_536, 65_600]
    for size in sizes:
        before = files(tmp_path)
        done = write(tmp_path, size)
        after = files(tmp_path)
        assert verify_tiles(tmp_path, KEY).problems == []
        assert {path: after[path] for path in before if path.startswith("tile/")} == {
            path: found for path, found in before.items() if path.startswith("tile/")
        }
        assert done.size == size
    whole = tmp_path / "whole"
    write(whole, sizes[-1])
    full = {path: data for path, (data, _) in files(whole).items()}
    held = files(tmp_path)
    assert {path: held[path][0] for path in full} == full


def test_an_interrupted_export_goes_on(tmp_path: Path) -> None:
    write(tmp_path, 600)
    (tmp_path / "checkpoint").unlink()
    (tmp_path / "tile/0/001").write_bytes(b"")
    torn = (tmp_path / "tile/entries/001").read_bytes()[:100]
    (tmp_path / "tile/entries/001").write_bytes(torn)
    assert write(tmp_path, 800).start == 0
    assert verify_tiles(tmp_path, KEY).problems == []


def test_only_the_wanted_bundles_and_later_the_rest(tmp_path: Path) -> None:
    write(tmp_path, 1000, bundles={1, 3})
    held = [path for path in files(tmp_path) if path.startswith("tile/entries")]
    assert held == ["tile/entries/001", "tile/entries/003.p/232"]
    assert not verify_tiles(tmp_path, KEY).ok
    report = verify_tiles(tmp_path, KEY, absent_bundles=True)
    assert (report.problems, report.entries, report.hashed) == ([], 256 + 232, 512)
    write(tmp_path, 1100, bundles={0})
    report = verify_tiles(tmp_path, KEY, absent_bundles=True)
    assert (report.problems, report.entries) == ([], 512)
    write(tmp_path, 1100)
    assert verify_tiles(tmp_path, KEY).problems == []


def test_another_log_and_another_history_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path, 600)
    before = files(tmp_path)
    other = Signer("log.example/two", SIGNER.private)
    with pytest.raises(InputInvalid, match="another log"):
        write(tmp_path, 700, signer=other)
    with pytest.raises(LedgerInvalid, match="holds 600 records"):
        write(tmp_path, 500)
    with pytest.raises(LedgerInvalid):
        write(tmp_path, 700, make=lambda number: b"other" if number == 3 else leaf(number))
    with pytest.raises(LedgerInvalid):
        write(tmp_path, 700, make=lambda number: b"other" if number == 599 else leaf(number))
    assert files(tmp_path) == before


def test_a_changed_file_is_never_written_over(tmp_path: Path) -> None:
    write(tmp_path, 600)
    (tmp_path / "checkpoint").unlink()
    path = tmp_path / "tile/0/000"
    path.write_bytes(bytes(8192))
    with pytest.raises(LedgerInvalid, match="never rewritten"):
        write(tmp_path, 600)
    assert path.read_bytes() == bytes(8192)


def test_a_damaged_edge_and_a_bad_checkpoint_are_named(tmp_path: Path) -> None:
    write(tmp_path, 600)
    (tmp_path / "tile/0/002.p/88").write_bytes(bytes(32 * 88))
    with pytest.raises(LedgerInvalid, match="not those of its own checkpoint"):
        write(tmp_path, 700)
    (tmp_path / "tile/0/002.p/88").unlink()
    with pytest.raises(LedgerInvalid, match="missing or damaged"):
        write(tmp_path, 700)
    (tmp_path / "checkpoint").write_bytes(b"no note")
    with pytest.raises(InputInvalid, match="not a checkpoint"):
        write(tmp_path, 700)


def test_leaves_that_are_not_the_checkpoint_s(tmp_path: Path) -> None:
    checkpoint = Checkpoint(SIGNER.name, 2, bytes(32))
    with pytest.raises(LedgerInvalid, match="newest checkpoint"):
        export(tmp_path / "new", checkpoint, checkpoint.sign(SIGNER), lambda start: iter([b"a", b"b"][start:]))
    assert not (tmp_path / "new").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerUnwritable, match="cannot write"):
        write(tmp_path / "file", 3)
    assert os.listdir(tmp_path) == ["file"]
