"""Scores against thresholds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vigiles.safeguards.monitors import ACTION, MODEL_JUDGE, REASONING, ActionMonitor, ModelJudge, ReasoningMonitor
from vigiles.safeguards.rules import CompanyRules, Order

RULES = CompanyRules(reasoning_ppm=(500, 900), action_ppm=(400, 800))


@pytest.mark.parametrize(("score", "decision"), [(499, None), (500, "hold"), (899, "hold"), (900, "deny"), (None, "hold")])
def test_reasoning(ask: Callable[..., Any], score: int | None, decision: str | None) -> None:
    scores = {} if score is None else {REASONING: score}
    opinion = ReasoningMonitor(RULES).opinion(ask(reasoning="I think", scores=scores))
    assert (opinion and opinion.decision) == decision


def test_who_shows_no_reasoning_is_not_judged_by_it(ask: Callable[..., Any]) -> None:
    assert ReasoningMonitor(RULES).opinion(ask(scores={REASONING: 1_000_000})) is None


@pytest.mark.parametrize(("score", "decision"), [(399, None), (400, "hold"), (800, "deny"), (None, "hold")])
def test_action(ask: Callable[..., Any], score: int | None, decision: str | None) -> None:
    scores = {} if score is None else {ACTION: score}
    opinion = ActionMonitor(RULES).opinion(ask(changes=True, scores=scores))
    assert (opinion and opinion.decision) == decision


def test_looking_at_something_needs_no_score(ask: Callable[..., Any]) -> None:
    assert ActionMonitor(RULES).opinion(ask("mail_list")) is None


def test_what_a_person_has_ordered_is_not_held_and_may_be_denied(ask: Callable[..., Any]) -> None:
    ordered = CompanyRules(action_ppm=(400, 800), orders=(Order(tools=("cloud_stop",), arguments={"id": "m-1"}),))
    monitor = ActionMonitor(ordered)
    assert monitor.opinion(ask("cloud_stop", {"id": "m-1"}, changes=True, scores={ACTION: 500})) is None
    assert monitor.opinion(ask("cloud_stop", {"id": "m-2"}, changes=True, scores={ACTION: 500})).decision == "hold"
    assert monitor.opinion(ask("cloud_stop", {"id": "m-1"}, changes=True, scores={ACTION: 900})).decision == "deny"
    assert monitor.opinion(ask("cloud_stop", {"id": "m-1"}, changes=True)).decision == "hold"


@pytest.mark.parametrize(("score", "decision"), [(None, None), (499, None), (500, "hold"), (900, "deny")])
def test_a_models_word_counts_where_it_was_asked(ask: Callable[..., Any], score: int | None, decision: str | None) -> None:
    scores = {} if score is None else {MODEL_JUDGE: score}
    opinion = ModelJudge(CompanyRules(judge_ppm=(500, 900))).opinion(ask(changes=True, scores=scores))
    assert (opinion and opinion.decision) == decision
