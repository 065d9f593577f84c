"""The third of three waits; any two pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.effect import Datum
from vigiles.safeguards.rule_of_two import RuleOfTwo
from vigiles.safeguards.rules import CompanyRules

Ask = Callable[..., Any]
OUTSIDE = Datum(id="mail-1", outside=True)
SENSITIVE = Datum(id="file-1", labels=("personal",))


@pytest.mark.parametrize(
    ("read", "held"), [([], False), ([OUTSIDE], False), ([SENSITIVE], False), ([OUTSIDE, SENSITIVE], True)]
)
def test_a_session_that_has_both_waits_before_it_writes_outside(ask: Ask, person: Ask, read: Any, held: bool) -> None:
    meter = RuleOfTwo(CompanyRules())
    meter.performed(ask("mail_read"), read)
    opinion = meter.opinion(ask(recipients=(person("eve", inside=False),), changes=True))
    assert (opinion is not None) is held
    assert meter.opinion(ask(recipients=(person("ann"),), changes=True)) is None


def test_a_yes_is_for_one_act(ask: Ask, person: Ask) -> None:
    meter = RuleOfTwo(CompanyRules())
    meter.performed(ask("mail_read"), [OUTSIDE, SENSITIVE])
    letter = ask(recipients=(person("eve", inside=False),))
    assert meter.opinion(letter).reason == "rule_of_two"
    meter.performed(letter, ())
    assert meter.acted
    assert meter.opinion(letter).decision == "hold"
    assert meter.opinion(ask("deployment_stop", irreversible="irreversible", subject="dep-1")).decision == "hold"


def test_a_greeting_before_frees_nothing(ask: Ask, person: Ask) -> None:
    """Whoever was reached while the session had not all three was asked about by nobody."""
    meter = RuleOfTwo(CompanyRules())
    greeting = ask(recipients=(person("eve", inside=False),), text="Good afternoon.")
    assert meter.opinion(greeting) is None
    meter.performed(greeting, ())
    meter.performed(ask("mail_read"), [OUTSIDE, SENSITIVE])
    assert meter.opinion(ask(recipients=(person("eve", inside=False),), text="Here it is.")).decision == "hold"
    assert meter.opinion(ask(recipients=(person("ann"),))) is None


def test_what_cannot_be_undone_frees_nothing(ask: Ask) -> None:
    meter = RuleOfTwo(CompanyRules())
    stop = ask("deployment_stop", irreversible="irreversible", subject="dep-1")
    meter.performed(stop, [OUTSIDE, SENSITIVE])
    assert meter.opinion(stop).decision == "hold"


def test_what_one_act_brings_counts_with_it(ask: Ask, person: Ask) -> None:
    meter = RuleOfTwo(CompanyRules())
    meter.performed(ask("mail_read"), [OUTSIDE])
    assert meter.opinion(ask(recipients=(person("eve", inside=False),), carries=(SENSITIVE,))) is not None
