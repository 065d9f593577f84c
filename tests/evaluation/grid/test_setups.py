import msgspec
import pytest

from vigiles.evaluation.conversation import Turn
from vigiles.evaluation.grid.plan import AgentChoice, ReviewerChoice, SetupChoice
from vigiles.evaluation.grid.setups import Setups, ablations, named, trusting, with_levels
from vigiles.model.errors import InputInvalid
from vigiles.safeguards.registry import NAMES
from vigiles.safeguards.rules import CompanyRules
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Staging


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


def test_who_is_trusted_with_a_suspicious_step() -> None:
    """Our honest script reads the day's work from the stage: it stands in for scripts, and for no model."""
    asked: list[AgentChoice] = []

    class Other:
        async def turn(self, conversation: object, tools: object) -> Turn:
            return Turn(text="done")

    def agents(choice: AgentChoice, staging: Staging, seed: int) -> Other:
        asked.append(choice)
        return Other()

    setups, staging = Setups(agents=agents), stage("leak", {}, 1)
    (plain,) = named(["only:defer"], None)
    (named_one,) = trusting([plain], "other/model")
    assert named_one.trusted == "other/model"
    script, model = (setups.of(plain, staging, model=model) for model in (False, True))
    assert (script.trusted is not None, script.stand_in, script.defers) == (True, "honest", True)
    assert (model.trusted, model.stand_in, model.defers) == (None, None, True)
    assert script.ruleset != model.ruleset
    for model_too in (False, True):
        one = Setups(agents=agents).of(named_one, staging, model=model_too)
        assert one.trusted is not None
        one.trusted(staging, 1)
        assert one.stand_in == "other/model"
    assert asked == [AgentChoice(name="other/model", model=True)] * 2


def test_a_trusted_model_needs_somebody_to_stand_in_for() -> None:
    with pytest.raises(InputInvalid, match="defer"):
        trusting(named(["none", "flow"], None), "other/model")
    none, full = trusting(named(["none", "all"], None), "other/model")
    assert (none.trusted, full.trusted) == (None, "other/model")
    with pytest.raises(RuntimeError, match="no models"):
        Setups().of(full, stage("leak", {}, 1), model=True)
