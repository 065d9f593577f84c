from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vigiles.cli.approvals import listing


def test_what_waits_is_listed_and_cannot_act_on_the_terminal(held: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert listing.run(held.home, as_json=False) == 0
    out = capsys.readouterr().out
    assert held.act.id in out
    assert "0 of 1" in out
    assert "\x1b" not in out
    listing.run(held.home, as_json=True)
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["act"]["id"], one["persons"], one["approved"]) == (held.act.id, 1, [])


def test_nothing_waits_in_a_home_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listing.run(tmp_path, as_json=False) == 0
    assert "nothing waits" in capsys.readouterr().out
