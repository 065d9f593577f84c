"""Scores against thresholds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vigiles.safeguards.monitors import ACTION, REASONING, ActionMonitor, ReasoningMonitor
from vigiles.safeguards.rules import CompanyRules

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
