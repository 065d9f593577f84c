from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.evaluation.bench import files
from vigiles.protocols.malformed import Malformed


def test_a_file_is_read_whole_or_refused_as_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"12345")
    assert files.whole(file) == b"12345"
    monkeypatch.setattr(files, "LARGEST", 4)
    with pytest.raises(Malformed):
        files.whole(file)
