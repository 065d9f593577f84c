from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.training import training


def test_each_calls_feedback_is_told_with_its_reasons(facts: Facts, reading: Any) -> None:
    text = reading(str(training(facts))).text()
    assert "[18] 2 penalty: a negative reward reverse_tunnel.forward_argv" in text


def test_none_is_said(facts: Facts, reading: Any) -> None:
    assert "No feedback is recorded" in reading(str(training(msgspec.structs.replace(facts, feedback=[])))).text()


def test_much_is_folded(facts: Facts, reading: Any) -> None:
    many = msgspec.structs.replace(facts, feedback=facts.feedback * 100)
    assert "… 60 records left out" in reading(str(training(many))).text()
