from __future__ import annotations

import json
from pathlib import Path

import pytest

from vigiles.cli.monitor.work import done, read_sets, say


def test_sets_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / place / "runs.jsonl" for place in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(json.dumps({"id": "1", "turns": []}))
    assert [one.name for one in read_sets(paths)] == ["runs", "runs-2"]


def test_where_nobody_watches_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    say("working")
    done()
    assert capsys.readouterr() == ("", "")
