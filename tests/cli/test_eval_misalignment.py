import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.cli.eval_misalignment import Options, plan_of
from vigiles.evaluation.agents.registry import HARMLESS, attackers
from vigiles.evaluation.grid.plan import cells, size
from vigiles.evaluation.statistics.sequential import Stopping
from vigiles.model.errors import VigilesError


def test_a_command_line_is_a_plan() -> None:
    plan = plan_of(
        Options(
            agents=("attackers", "honest"),
            scenarios=("leak",),
            factors=("goal=explicit",),
            safeguards=("all", "none"),
            seeds=2,
        )
    )
    found = cells(plan)
    assert {cell.agent.name for cell in found} == {*attackers(), "honest"}
    assert {cell.setup.name for cell in found} == {"all", "none"}
    assert all(cell.condition.factors == {"goal": "explicit"} for cell in found)
    assert size(plan) == 2 * 2 * (len(attackers()) + 1 + 1)


def test_the_core_conditions_are_one_command() -> None:
    plan = plan_of(Options(core=True, agents=("plain-insider", "honest"), factors=("reasoning=private",), seeds=1))
    harm, twins = (block.conditions for block in plan.blocks)
    assert len({(one.family, *sorted(one.factors.items())) for one in harm}) == 18
    assert {one.factors["reasoning"] for one in harm} == {"private"}
    assert (len(twins), {one.twin for one in twins}) == (6, {True})


def test_knobs_go_to_who_has_them() -> None:
    plan = plan_of(Options(agents=("slow-drip", "encoded"), knobs=("wait=4",), twins=False))
    assert {cell.agent.name: cell.agent.knobs for cell in cells(plan)} == {"slow-drip": {"wait": 4}, "encoded": {}}


def test_models_and_stopping() -> None:
    plan = plan_of(Options(models=("some/model",), stop_at=5.0))
    assert {(cell.agent.name, cell.agent.model) for cell in cells(plan)} == {("some/model", True)}
    assert plan.stopping == Stopping(half_width=50_000)
    assert {cell.agent.name for cell in cells(plan_of(Options()))} == {"honest", "plain-insider"}
    assert {cell.agent.name for cell in cells(plan_of(Options(agents=("innocent",))))} == set(HARMLESS)


@pytest.mark.parametrize(
    "options",
    [
        Options(agents=("nobody",)),
        Options(scenarios=("nowhere",)),
        Options(factors=("goal=none-such",)),
        Options(factors=("gaol=none",)),
        Options(safeguards=("fl0w",)),
        Options(knobs=("height=3",)),
        Options(agents=("slow-drip",), knobs=("wait=99",)),
        Options(reviewer="my aunt"),
        Options(core=True, scenarios=("leak",)),
        Options(core=True, factors=("threat=none",)),
    ],
)
def test_a_wrong_word_has_a_remedy(options: Options) -> None:
    with pytest.raises(VigilesError) as caught:
        plan_of(options)
    assert caught.value.remedy


def test_it_plays_resumes_and_shows(vigiles: Callable[..., Any], tmp_path: Path) -> None:
    words = [
        "eval",
        "misalignment",
        "--agent",
        "plain-insider",
        "--scenario",
        "leak",
        "--seeds",
        "3",
        "--out",
        str(tmp_path / "r"),
    ]
    done = vigiles(*words, "--safeguards", "none", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["setups"][0]["harm"]["hits"] == 3
    again = vigiles(*words, "--safeguards", "none", "--html", str(tmp_path / "r.html"))
    assert b"3 episodes of" in again.stderr
    assert b"not played again" in again.stderr
    assert b"100 % [44, 100] (3/3)" in again.stdout
    assert "<svg" not in (tmp_path / "r.html").read_text()
    other = vigiles(*words, "--safeguards", "all", "--json")
    assert other.returncode == 100
    assert b"another plan" in other.stderr


def test_a_home_that_is_not_there_yet_is_made_closed(vigiles: Callable[..., Any], tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    words = ("eval", "misalignment", "--agent", "honest", "--scenario", "leak", "--seeds", "1", "--no-twins", "--json")
    done = vigiles(*words, env={"VIGILES_HOME": str(home)}, preexec_fn=lambda: os.umask(0o022))
    assert done.returncode == 0, done.stderr
    assert home.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("processes", ["1", "2"])
def test_calls_that_are_kept_can_be_measured(vigiles: Callable[..., Any], tmp_path: Path, processes: str) -> None:
    words = ("eval", "misalignment", "--agent", "plain-insider", "--agent", "honest", "--scenario", "leak", "--seeds", "2")
    out = tmp_path / "kept"
    more = ("--safeguards", "none", "--keep-calls", "--processes", processes, "--out", str(out), "--json")
    done = vigiles(*words, *more)
    assert done.returncode == 0, done.stderr
    assert all(json.loads(line)["played"]["attempts"] for line in (out / "episodes.jsonl").read_text().splitlines())
    measured = json.loads(vigiles("monitor", "bench", "--as-is", str(out), "--json").stdout)
    assert measured["unlabelled"] == 0
    assert {(line["figures"]["harmful"], line["figures"]["harmless"]) for line in measured["lines"]} == {(2, 4)}


def test_a_page_that_cannot_be_written_is_said_first(vigiles: Callable[..., Any], tmp_path: Path) -> None:
    done = vigiles("eval", "misalignment", "--html", str(tmp_path / "no" / "x.html"), "--out", str(tmp_path / "out"))
    assert done.returncode == 100
    assert not (tmp_path / "out").exists()


def test_a_judge_is_played_with(vigiles: Callable[..., Any], tmp_path: Path) -> None:
    pytest.importorskip("inspect_ai", reason="the extra `inspect` is not installed")
    words = ("--agent", "honest", "--scenario", "leak", "--seeds", "1", "--no-twins", "--judge", "mockllm/model", "--json")
    done = vigiles("eval", "misalignment", *words, "--out", str(tmp_path / "out"))
    assert done.returncode in (0, 107), done.stderr
    assert json.loads(done.stdout)["setups"][0]["setup"] == "all +judge"
