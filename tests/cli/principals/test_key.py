from __future__ import annotations

import json
from pathlib import Path

import pytest

from vigiles.cli.principals import key
from vigiles.ledger.person_key import read_public


def test_a_key_is_made_and_said_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key.run(tmp_path / "ann", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert read_public(told["public"]) == told["key"]
    key.run(tmp_path / "bea", as_json=False)
    assert "stays with you" in capsys.readouterr().out
