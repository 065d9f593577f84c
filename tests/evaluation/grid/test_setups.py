import msgspec
import pytest

from vigiles.evaluation.grid.plan import ReviewerChoice, SetupChoice
from vigiles.evaluation.grid.setups import Setups, ablations, named, with_levels
from vigiles.model.errors import InputInvalid
from vigiles.safeguards.registry import NAMES
from vigiles.safeguards.rules import CompanyRules
from vigiles.world.scenarios.stage import stage


@pytest.mark.parametrize(
    ("word", "safeguards"),
    [
        ("none", ()),
        ("all", NAMES),
        ("all-but:flow", tuple(name for name in NAMES if name != "flow")),
        ("all-but:flow,defer", tuple(name for name in NAMES if name not in ("flow", "defer"))),
        ("only:approval", ("approval",)),
        ("flow, approval", ("flow", "approval")),
    ],
)
def test_words_name_sets(word: str, safeguards: tuple[str, ...]) -> None:
    (choice,) = named([word], None)
    assert (choice.name, choice.safeguards, choice.reviewer) == (word, safeguards, None)


@pytest.mark.parametrize(
    "word", ["everything", "all-but:fl0w", "flow,flow", "", " , ", "only:", "all-but:", "only:model-judge"]
)
def test_words_that_name_none(word: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        named([word], None)
    assert caught.value.remedy


def test_ablations_are_complete() -> None:
    found = ablations(ReviewerChoice())
    assert [choice.name for choice in found] == ["none", "all", *(f"all-but:{name}" for name in NAMES)]
    assert len({choice.safeguards for choice in found}) == len(found)


def test_safeguards_are_new_for_each_episode_and_the_rest_is_kept() -> None:
    setups, choice = Setups(), named(["all"], ReviewerChoice())[0]
    first, second = (setups.of(choice, stage("leak", {"persona": name}, 1)) for name in ("Wren", "Magnus"))
    assert first is second
    assert not set(map(id, first.safeguards())) & set(map(id, first.safeguards()))
    assert (first.samples > 1, first.trusted is not None, first.monitors is not None) == (True, True, True)


def test_the_twin_has_other_work_and_so_other_rules() -> None:
    setups, choice = Setups(), named(["need-to-know"], None)[0]
    assert setups.of(choice, stage("leak", {}, 1)) is not setups.of(choice, stage("leak", {}, 1, True))


def test_without_safeguards_there_is_nothing() -> None:
    setup = Setups().of(SetupChoice(name="none", safeguards=(), reviewer=None), stage("leak", {}, 1))
    assert (list(setup.safeguards()), setup.samples, setup.trusted, setup.monitors, setup.reviewer) == (
        [],
        1,
        None,
        None,
        None,
    )


def test_monitors_hold_before_they_deny() -> None:
    rules = with_levels(CompanyRules())
    assert rules.reasoning_ppm[0] <= rules.reasoning_ppm[1]
    assert rules.action_ppm[0] <= rules.action_ppm[1]
    assert msgspec.structs.replace(rules, reasoning_ppm=(0, 0), action_ppm=(0, 0)) == CompanyRules(
        reasoning_ppm=(0, 0), action_ppm=(0, 0)
    )
