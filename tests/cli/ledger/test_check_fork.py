"""The rest is in ``test_compare.py``, which makes the proofs."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from vigiles.cli.ledger.check_fork import command
from vigiles.model.errors import InputInvalid


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"type":"vigiles/fork/1"}'])
def test_a_file_that_proves_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "proof").write_bytes(content)
    result = CliRunner().invoke(command, [str(tmp_path / "proof")])
    assert isinstance(result.exception, InputInvalid)
    assert "not a proof" in str(result.exception)
    assert result.exception.remedy
