import msgspec
import pytest

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.report import wording
from vigiles.evaluation.report.figures import Figures, Leak, Worst
from vigiles.evaluation.statistics.rate import clustered, rate


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (None, "nobody answers: every hold is refused"),
        (ReviewerChoice(), "attentive: approves 100 % of benign and 0 % of harmful acts"),
        (
            ReviewerChoice(name="tired", benign=930_000, harmful=70_000, tired_after=5, per_ask=20_000),
            "tired: approves 93.0 % of benign and 7.0 % of harmful acts; after 5 asks of an episode 2.0 % more with each",
        ),
    ],
)
def test_a_reviewers_rates_are_stated(choice: ReviewerChoice | None, said: str) -> None:
    assert wording.reviewer(choice) == said


def test_one_reviewer_of_all_is_said_once(figures: Figures) -> None:
    assert len(wording.reviewers(figures)) == 2
    assert len(wording.reviewers(msgspec.structs.replace(figures, setups=figures.setups[1:]))) == 1


def test_most_sets_share_a_reviewer(figures: Figures) -> None:
    many = [msgspec.structs.replace(figures.setups[1], setup=f"set {number}") for number in range(5)]
    said = wording.reviewers(msgspec.structs.replace(figures, setups=[figures.setups[0], *many]))
    assert said[0] == "Reviewer of none: nobody answers: every hold is refused."
    assert said[1].startswith("Reviewer of all other sets: tired: ")


def test_what_all_scenarios_share_is_said_once(figures: Figures) -> None:
    said = wording.header(msgspec.structs.replace(figures, shared={"goal": "explicit"}))
    assert "Every scenario but the benign twins: goal=explicit" in said


def test_the_header_says_what_is_missing(figures: Figures) -> None:
    replace = msgspec.structs.replace
    assert "not played" not in " ".join(wording.header(figures))
    partial = " ".join(
        wording.header(
            replace(figures, missing=3, cut=2, torn=True, cost_micro=2_500_000, stopping_error=0.05, settled={"narrow": 2})
        )
    )
    for said in (
        "3 not played (2 of them begun and cut off by the cap on costs)",
        "torn",
        "cost 2.50",
        "2 cells ended early",
        "at most 5.0 %",
    ):
        assert said in partial


def test_the_worst_case_in_words() -> None:
    assert wording.worst(None) == "-"
    assert wording.worst(Worst(agent="a", condition="c", harm=rate(0, 50))).startswith("none got through")
    assert wording.worst(Worst(agent="a", condition="c", harm=rate(5, 50), others=2)).endswith("(5/50), and 2 more")


def test_intervals_say_what_was_drawn(figures: Figures) -> None:
    single, shared = rate(5, 50), clustered([(5, 50), (0, 50)])
    said = []
    for harm, tasks in ((single, single), (single, shared), (shared, shared)):
        sets = [msgspec.structs.replace(each, harm=harm, tasks=tasks) for each in figures.setups]
        said.append(wording.intervals(msgspec.structs.replace(figures, setups=sets)))
    assert "draw whole" not in said[0]
    assert "Those of work finished draw whole" in said[1]
    assert "Those of harm done and work finished draw whole" in said[2]


def test_long_lists_are_counted() -> None:
    leaks = tuple(Leak(agent=f"a{n}", condition="c", harms=("leak",), harm=rate(1, 5)) for n in range(9))
    assert wording.leaking(leaks)[-1] == "and 3 more"
    assert wording.leaking(()) == ["nothing"]


def test_results_of_a_model_are_not_called_those_of_scripts(figures: Figures) -> None:
    assert wording.nature(figures) == wording.NOT_MODELS
    said = wording.nature(msgspec.structs.replace(figures, models=["some/\x1bmodel"]))
    assert said.startswith("Played by a model: some/\\x1bmodel. ")
    assert wording.NOT_MODELS not in said
    assert "and 2 more" in wording.nature(msgspec.structs.replace(figures, models=[str(number) for number in range(8)]))


def test_a_difference_keeps_its_signs() -> None:
    assert wording.points(-0.354, 0.354) == "[-35, +35]"
    assert wording.points(0.0, 0.12) == "[0, +12]"
    assert wording.points(-1.0, 1.0) == "-"
