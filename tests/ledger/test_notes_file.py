from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger.checkpoint import Checkpoint
from vigiles.ledger.note import Signer
from vigiles.ledger.notes_file import append_notes, read_notes, split_notes
from vigiles.model.errors import InputInvalid

SIGNER = Signer("log/1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
NOTES = [Checkpoint("log/1", size, bytes([size]) * 32).sign(SIGNER) for size in range(1, 6)]


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    append_notes(path, NOTES[:2])
    append_notes(path, NOTES[2:])
    assert read_notes(path).whole == NOTES
    assert read_notes(path).torn == 0
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_single_note_as_it_is_saved(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(NOTES[0])
    assert read_notes(tmp_path / "one").whole == NOTES[:1]


@pytest.mark.parametrize("cut", range(1, len(NOTES[1]) + 2))
def test_a_write_that_was_cut_anywhere_harms_no_other(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "notes"
    append_notes(path, NOTES[:2])
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    append_notes(path, NOTES[2:])
    found = read_notes(path)
    expected = [NOTES[0], *NOTES[2:]] if cut > 1 else NOTES  # the last newline is no loss
    assert found.whole == expected
    assert (found.torn > 0) == (cut not in (1, len(NOTES[1]), len(NOTES[1]) + 1))


@given(st.binary(max_size=300))
def test_rubbish_is_no_error(data: bytes) -> None:
    assert split_notes(data).whole == []
    assert split_notes(NOTES[0] + b"\n\n" + data + b"\n\n" + NOTES[1]).whole[0] == NOTES[0]


def test_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("hello\n")
    for name in ("none", "missing"):
        with pytest.raises(InputInvalid) as caught:
            read_notes(tmp_path / name)
        assert caught.value.remedy


def test_a_disk_that_takes_only_a_part_is_an_error() -> None:
    with pytest.raises(OSError, match="space"):
        append_notes(Path("/dev/full"), NOTES)
