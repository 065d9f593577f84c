"""The command on a folder that was played for it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from vigiles.cli.evaluation import export
from vigiles.evaluation.grid.folder import open_folder
from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan
from vigiles.evaluation.grid.setups import named
from vigiles.model.errors import InputInvalid
from vigiles.runtime.evaluating.grid import play_folder

PLAN = Plan(
    name="small",
    setups=named(["none"], None),
    blocks=(
        Block(
            agents=(AgentChoice(name="honest"), AgentChoice(name="plain-insider")),
            conditions=(Condition(family="blackmail"),),
            setups=("none",),
            seeds=2,
        ),
    ),
)


@pytest.fixture
def folder(home: Path, tmp_path: Path) -> Path:
    with open_folder(tmp_path / "played", PLAN, 1_700_000_000_000_000, "a test") as opened:
        asyncio.run(play_folder(opened, home))
    return tmp_path / "played"


def test_what_was_played_becomes_logs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = pytest.importorskip("inspect_ai.log", reason="the extra `inspect` is not installed")
    assert export.run(folder, folder / "inspect", as_json=True) == 0
    shown = capsys.readouterr()
    said = json.loads(shown.out)
    assert said["episodes"] == 4
    assert "--keep-calls" in shown.err
    assert [log.read_eval_log(path).eval.model for path in said["logs"]] == ["vigiles/honest", "vigiles/plain-insider"]
    assert export.run(folder, folder / "again", as_json=False) == 0
    assert "inspect view --log-dir" in capsys.readouterr().out


def test_without_the_extra_the_remedy_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputInvalid, match="extra `inspect`") as caught:
        export.run(folder, folder / "inspect", as_json=False)
    assert "vigiles[inspect]" in caught.value.remedy
