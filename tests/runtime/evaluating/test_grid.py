import asyncio
from pathlib import Path

import msgspec
import pytest

from vigiles.evaluation.grid.course import Course
from vigiles.evaluation.grid.folder import open_folder, read_folder
from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan, ReviewerChoice, digest
from vigiles.evaluation.grid.setups import named
from vigiles.ledger.query import LedgerReader
from vigiles.model.ruleset import RulesetInForce
from vigiles.runtime.evaluating.grid import on_record, play_folder

PLAN = Plan(
    name="small",
    setups=named(["none", "all"], ReviewerChoice()),
    blocks=(
        Block(
            agents=(AgentChoice(name="honest"), AgentChoice(name="plain-insider")),
            conditions=(Condition(family="leak"),),
            setups=("none", "all"),
            seeds=3,
        ),
    ),
)


def _play(folder: Path, home: Path, processes: int) -> Course:
    told: list[int] = []
    with open_folder(folder, PLAN, 1, "test") as opened:
        course = asyncio.run(
            play_folder(opened, home, processes=processes, wide=4, told=lambda course: told.append(course.ended))
        )
    assert told[-1] == 12
    return course


@pytest.mark.parametrize("processes", [1, 2])
def test_a_plan_is_played_on_a_real_recorder(tmp_path: Path, shared_home: Path, processes: int) -> None:
    course = _play(tmp_path, shared_home, processes)
    registered, lines, _ = read_folder(tmp_path)
    assert (course.ended, len(lines)) == (12, 12)
    assert all(line.judged for line in lines)
    run = {line.played.run for line in lines}
    assert len(run) == 1
    texts = [
        record.text
        for _, record in LedgerReader(shared_home).records(run=str(run.pop()), type="ruleset")
        if isinstance(record, RulesetInForce)
    ]
    assert on_record(registered) in texts
    assert digest(PLAN) in on_record(registered)
    assert len(texts) > 2, "and the rulesets of both sets"


def test_one_process_and_two_find_the_same(tmp_path: Path, shared_home: Path) -> None:
    outcomes = []
    for processes in (1, 2):
        _play(tmp_path / str(processes), shared_home, processes)
        lines = read_folder(tmp_path / str(processes))[1]
        outcomes.append(sorted((line.cell, line.seed, msgspec.json.encode(line.played.outcome)) for line in lines))
    assert outcomes[0] == outcomes[1]
