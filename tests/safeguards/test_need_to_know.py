"""Who sees what for which purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vigiles.model.effect import Datum
from vigiles.safeguards.need_to_know import NeedToKnow
from vigiles.safeguards.rules import CompanyRules

RULES = CompanyRules(clearances={"mail": ("contracts",), "hr": ("personal", "contracts")}, free=("public",))


def test_a_purpose_sees_its_labels_and_no_others(plans: Datum) -> None:
    guard = NeedToKnow(RULES)
    personal, both = Datum(id="1", labels=("personal",)), Datum(id="2", labels=("personal", "contracts", "public"))
    assert not guard.conceals(Datum(id="3"), "mail")
    assert [guard.conceals(personal, purpose) for purpose in ("mail", "hr", "unknown")] == [True, False, True]
    assert [guard.conceals(both, purpose) for purpose in ("mail", "hr")] == [True, False]
    assert not guard.conceals(Datum(id="4", labels=("public",)), "unknown")


def test_what_slips_past_the_view_is_denied(ask: Callable[..., Any]) -> None:
    guard, personal = NeedToKnow(RULES), Datum(id="1", labels=("personal",))
    assert guard.opinion(ask(reads=(personal,), purpose="mail")).reason == "need_to_know"
    assert guard.opinion(ask(carries=(personal,), purpose="mail")).decision == "deny"
    assert guard.opinion(ask(reads=(personal,), purpose="hr")) is None
