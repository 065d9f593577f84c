"""The strictest opinion wins, with rules and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.model.effect import Datum
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile
from vigiles.safeguards.judge import REFUSAL_TEXT, SafeguardedJudge
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent

AGENT = PrincipalRef(kind="agent", name="agent")


class Says(Silent):
    def __init__(self, decision: Any, reason: Any = "irreversible", persons: int = 1) -> None:
        self.told = Opinion(decision=decision, reason=reason, rules=(f"{decision}-{persons}",), persons=persons)
        self.asked = 0
        self.read: list[Datum] = []

    def opinion(self, asked: Asked) -> Opinion | None:
        self.asked += 1
        return self.told

    def instructions(self) -> str:
        return self.told.decision

    def performed(self, asked: Asked, read: Any) -> None:
        self.read += read


def judged(asked: Asked, *says: Says, base: Any = None, granted: bool = False) -> Any:
    judge = SafeguardedJudge(says, base)
    judge.about(asked)
    return judge.judge(asked.act, AGENT, BudgetState(0), granted)


@pytest.mark.parametrize(
    ("said", "decision", "rules"),
    [
        ([], "allow", []),
        (["allow", "allow"], "allow", []),
        (["hold", "allow"], "hold", ["hold-1"]),
        (["hold", "deny"], "deny", ["deny-1"]),
        (["stop", "deny", "hold"], "stop", ["stop-1"]),
    ],
)
def test_the_strictest_wins(ask: Callable[..., Asked], said: list[str], decision: str, rules: list[str]) -> None:
    told = judged(ask(), *map(Says, said))
    assert (told.decision, told.rules) == (decision, rules)


def test_of_holds_the_most_persons_and_all_rules_count(ask: Callable[..., Asked]) -> None:
    told = judged(ask(), Says("hold", "rule_of_two"), Says("hold", "approval_needed", 2))
    assert (told.persons, told.reason, told.rules) == (2, "rule_of_two", ["hold-1", "hold-2"])


def test_a_grant_lifts_holds_and_nothing_else(ask: Callable[..., Asked]) -> None:
    assert judged(ask(), Says("hold"), granted=True).decision == "allow"
    assert judged(ask(), Says("hold"), Says("deny"), granted=True).decision == "deny"


@pytest.mark.parametrize(
    ("tool", "decision"), [("mail_send", "hold"), ("pay", "deny"), ("deploy", "hold"), ("other", "deny")]
)
def test_with_rules_the_stricter_of_both(ask: Callable[..., Asked], tmp_path: Path, tool: str, decision: str) -> None:
    (tmp_path / "profile.toml").write_text("")
    (tmp_path / "rules.cedar").write_text(
        '@id("a") permit (principal, action, resource == Tool::"mail_send");'
        '@id("b") permit (principal, action, resource == Tool::"deploy");'
        '@id("c") @decision("hold") forbid (principal, action, resource == Tool::"deploy");'
        '@id("d") forbid (principal, action, resource == Tool::"pay");'
    )
    base = load_profile(tmp_path).judge
    assert judged(ask(tool), Says("hold"), base=base).decision == decision
    assert judged(ask(tool), base=base, granted=True).decision == ("deny" if decision == "deny" else "allow")


def test_an_act_of_which_nothing_is_known_is_denied(ask: Callable[..., Asked]) -> None:
    judge = SafeguardedJudge([])
    assert judge.judge(ask().act, AGENT, BudgetState(0)).reason == "effect_unknown"
    judge.about(ask(number=1))
    assert judge.judge(ask(number=2).act, AGENT, BudgetState(0)).decision == "deny"


def test_it_hands_on_what_is_said_shown_and_done(ask: Callable[..., Asked]) -> None:
    one, two = Says("allow"), Says("hold")
    judge = SafeguardedJudge([one, two])
    assert judge.instructions() == "allow\n\nhold"
    assert not judge.conceals(Datum(id="1", labels=("x",)), "")
    judge.performed(ask(), [Datum(id="1")])
    assert one.read == two.read == [Datum(id="1")]
    judge.about(ask())
    judge.judge(ask().act, AGENT, BudgetState(0))
    judge.judge(ask().act, AGENT, BudgetState(0), True)
    assert one.asked == 1, "an opinion is formed once for each act"


def test_the_refusal_says_nothing_of_the_reason() -> None:
    assert "refused" in REFUSAL_TEXT
    assert "approv" not in REFUSAL_TEXT
