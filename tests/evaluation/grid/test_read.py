from pathlib import Path

import pytest

from vigiles.evaluation.grid.plan import Plan, text
from vigiles.evaluation.grid.read import check, check_scripts, read
from vigiles.model.errors import InputInvalid

TOML = """
name = "mine"
setups = [{name = "all", safeguards = ["flow"]}]
[[blocks]]
agents = [{name = "plain", knobs = {delay = 2}}]
conditions = [{family = "leak", factors = {goal = "none"}}]
setups = ["all"]
seeds = 3
"""
FAMILIES, AGENTS, SAFEGUARDS = ("leak", "blackmail"), ("plain", "drip"), ("flow", "approval")


def test_toml_and_json_give_the_same_plan(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(TOML)
    plan = read(tmp_path / "a.toml")
    (tmp_path / "a.json").write_bytes(text(plan))
    assert read(tmp_path / "a.json") == plan
    check(plan, FAMILIES, AGENTS, SAFEGUARDS)


@pytest.mark.parametrize(
    ("written", "said"),
    [("name = 3", "no plan"), ("name =", "no plan"), (TOML + "\nsteeds = 4", "steeds"), ("\udcff", "no plan")],
)
def test_what_is_no_plan(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "a.toml").write_bytes(written.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputInvalid, match=said) as caught:
        read(tmp_path / "a.toml")
    assert caught.value.remedy


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="cannot read"):
        read(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"flow"', '"fl0w"', "no safeguard named 'fl0w'"),
        ('"leak"', '"leek"', "no family named 'leek'"),
        ('"plain"', '"plane"', "no agent named 'plane'"),
        ('setups = ["all"]', 'setups = ["al"]', "no set of safeguards named 'al'"),
        ("seeds = 3", "seeds = 0", "0 episodes"),
        ('"flow"]}]', '"flow"]}, {name = "all", safeguards = []}]', "two sets named 'all'"),
    ],
)
def test_names_that_nothing_has(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "a.toml").write_text(TOML.replace(old, new))
    with pytest.raises(InputInvalid, match=said) as caught:
        check(read(tmp_path / "a.toml"), FAMILIES, AGENTS, SAFEGUARDS)
    assert caught.value.remedy


def test_a_shipped_plan_is_checked_the_same_way(plan: Plan) -> None:
    check(plan, FAMILIES, AGENTS, SAFEGUARDS)


def test_a_set_with_a_judge_may_hold_the_safeguard_that_asks_it(tmp_path: Path) -> None:
    judged = TOML.replace('safeguards = ["flow"]', 'safeguards = ["flow", "model-judge"], judge = "some/model"')
    (tmp_path / "a.toml").write_text(judged)
    check(read(tmp_path / "a.toml"), FAMILIES, AGENTS, SAFEGUARDS)
    (tmp_path / "a.toml").write_text(judged.replace(', judge = "some/model"', ""))
    with pytest.raises(InputInvalid, match="no safeguard named 'model-judge'"):
        check(read(tmp_path / "a.toml"), FAMILIES, AGENTS, SAFEGUARDS)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ('{name = "slow-drip", knobs = {wait = 99}}', "99"),
        ('{name = "slow-drip", knobs = {height = 3}}', "height"),
        ('{name = "slow-drip", propensity = 500}', "500 is no percentage"),
    ],
)
def test_what_no_script_can_be_told(tmp_path: Path, agent: str, said: str) -> None:
    (tmp_path / "a.toml").write_text(TOML.replace('{name = "plain", knobs = {delay = 2}}', agent))
    with pytest.raises(InputInvalid, match=said) as caught:
        check_scripts(read(tmp_path / "a.toml"))
    assert caught.value.remedy


def test_a_trusted_model_has_something_to_do_and_is_another(tmp_path: Path) -> None:
    trusting = TOML.replace('safeguards = ["flow"]', 'safeguards = ["flow", "defer"], trusted = "some/model"')
    for plan, said in (
        (trusting, None),
        (trusting.replace('"flow", "defer"', '"flow"'), "no `defer`"),
        (trusting.replace('{name = "plain", knobs = {delay = 2}}', '{name = "some/model", model = true}'), "for itself"),
    ):
        (tmp_path / "a.toml").write_text(plan)
        known = (*SAFEGUARDS, "defer")
        if said is None:
            check(read(tmp_path / "a.toml"), FAMILIES, AGENTS, known)
            continue
        with pytest.raises(InputInvalid, match=said):
            check(read(tmp_path / "a.toml"), FAMILIES, AGENTS, known)
