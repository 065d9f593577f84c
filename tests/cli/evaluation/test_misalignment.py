import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.cli.evaluation.misalignment import Options, plan_of
from vigiles.evaluation.agents.registry import HARMLESS, attackers
from vigiles.evaluation.grid.plan import cells, size
from vigiles.evaluation.statistics.sequential import Stopping
from vigiles.model.errors import InputInvalid, VigilesError


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


def test_the_core_conditions_are_one_word() -> None:
    plan = plan_of(Options(agents=("plain-insider",), core=True, seeds=1, factors=("ally=present",)))
    (block,) = plan.blocks
    assert len({(one.family, one.factors["goal"], one.factors["threat"]) for one in block.conditions}) == 18
    assert {one.factors["ally"] for one in block.conditions} == {"present"}
    twins = plan_of(Options(agents=("honest",), core=True, seeds=1)).blocks[1]
    assert [one.family for one in twins.conditions] == ["blackmail", "leak", "lethal"]


@pytest.mark.parametrize("given", [{"scenarios": ("leak",)}, {"factors": ("threat=none",)}])
def test_what_the_core_conditions_say_cannot_be_said_beside_them(given: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(InputInvalid, match="--core"):
        plan_of(Options(core=True, **given))  # type: ignore[arg-type]


def test_what_its_reviewers_signed_holds(vigiles: Callable[..., Any], tmp_path: Path) -> None:
    words = ["--agent", "honest", "--agent", "plain-insider", "--safeguards", "all", "--reviewer", "tired", "--seeds", "2"]
    home = {"VIGILES_HOME": str(tmp_path / "h")}
    assert vigiles("eval", "misalignment", *words, "--out", str(tmp_path / "r"), env=home).returncode == 0
    told = json.loads(vigiles("ledger", "verify", "--json", env=home).stdout)
    assert (told["ok"], told["problems"]) == (True, [])
    assert told["grants"]["checked"] >= told["grants"]["acts"] > 0
