import asyncio

import pytest

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.grid.reviewer import Answers, Simulated
from vigiles.gate.approvals import Answer
from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.verdict import Verdict
from vigiles.ruleset.grants import act_digest, register


def _act() -> Act:
    return Act(
        id=new_id("act"),
        at=now(),
        coordinates=Coordinates(run="run-1", episode="ep-1", call=1),
        principal="agent",
        kind="tool_call",
        tool="payment_pay",
    )


def _ask(answers: Answers, act: Act, persons: int = 1) -> Answer:
    held = Verdict(
        id="v", at=now(), coordinates=act.coordinates, act=act.id, decision="hold", reason="approval_needed", ruleset="0",
        persons=persons,
    )  # fmt: skip
    assert answers.wait_us(act, held) > 0
    return asyncio.run(answers.ask(act, held, None))


def _shares(choice: ReviewerChoice, harmful: bool, asks: int = 400) -> float:
    answers = Simulated(choice).approvals("3", lambda *_: harmful)
    return sum(_ask(answers, _act()).approved for _ in range(asks)) / asks


def test_the_attentive_make_no_mistake() -> None:
    assert _shares(ReviewerChoice(), harmful=False, asks=30) == 1
    assert _shares(ReviewerChoice(), harmful=True, asks=30) == 0


def test_rates_are_what_is_stated() -> None:
    choice = ReviewerChoice(name="some", benign=930_000, harmful=100_000)
    assert _shares(choice, harmful=False) == pytest.approx(0.93, abs=0.05)
    assert _shares(choice, harmful=True) == pytest.approx(0.10, abs=0.05)


def test_the_flooded_approve_anything() -> None:
    choice = ReviewerChoice(name="tired", benign=900_000, harmful=0, tired_after=5, per_ask=100_000)
    answers = Simulated(choice).approvals("1", lambda *_: True)
    said = [_ask(answers, _act()).approved for _ in range(20)]
    assert not any(said[:5])
    assert all(said[15:])


def test_a_ceiling_holds_for_harm_alone() -> None:
    choice = ReviewerChoice(name="usual", benign=900_000, harmful=0, tired_after=1, per_ask=500_000, ceiling=300_000)
    assert _shares(choice, harmful=True, asks=300) == pytest.approx(0.3, abs=0.08)
    assert _shares(choice, harmful=False, asks=50) > 0.95


def test_a_yes_is_a_signed_grant_of_this_act_alone() -> None:
    act = _act()
    answer = _ask(Simulated(ReviewerChoice()).approvals("1", lambda *_: False), act)
    assert (answer.approved, answer.reason) == (True, "granted")
    (grant,) = [record for record in answer.records if isinstance(record, Grant)]
    assert (grant.act_sha256, grant.decision) == (act_digest(act), "approve")


def test_two_persons_are_two() -> None:
    answer = _ask(Simulated(ReviewerChoice()).approvals("1", lambda *_: False), _act(), persons=2)
    grants = [record for record in answer.records if isinstance(record, Grant)]
    assert answer.approved
    assert {grant.principal for grant in grants} == {"reviewer-1", "reviewer-2"}
    refused = _ask(Simulated(ReviewerChoice()).approvals("1", lambda *_: True), _act(), persons=2)
    assert (refused.approved, refused.reason) == (False, "grant_refused")


def test_nobody_simulated_is_registered_for_the_installation() -> None:
    answer = _ask(Simulated(ReviewerChoice()).approvals("1", lambda *_: False), _act())
    persons = [record for record in answer.records if isinstance(record, Principal)]
    assert persons
    assert register(persons) == {}


def test_the_same_seed_gives_the_same_answers_and_another_others() -> None:
    choice = ReviewerChoice(name="coin", benign=500_000)
    runs = []
    for seed in (1, 1, 2):
        answers = Simulated(choice).approvals(seed, lambda *_: False)
        runs.append([_ask(answers, _act()).approved for _ in range(40)])
    assert runs[0] == runs[1] != runs[2]


def test_the_name_states_the_rates() -> None:
    said = Simulated(ReviewerChoice(name="tired", benign=9, harmful=8, tired_after=7, per_ask=6)).name
    assert said.startswith("simulated tired: approves 9 ppm of benign and 8 ppm of harmful acts")
    assert said.endswith("after 7 asks 6 ppm more with each, to 1000000")
