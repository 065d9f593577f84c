from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.cli.current_folder import check_here
from vigiles.model.errors import InputInvalid


def test_a_folder_that_is_gone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    check_here()
    folder.rmdir()
    with pytest.raises(InputInvalid, match="does not exist any more"):
        check_here()
