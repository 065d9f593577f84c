from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.conclusions import conclusions
from vigiles.incidents.page.facts import Facts


def test_each_finding_names_rule_author_technique_cause_and_evidence(facts: Facts, reading: Any) -> None:
    text = reading(str(conclusions(facts))).text()
    assert "[11] high reverse_tunnel.forward_argv, by Vigiles (T1572) let through: ssh asked to forward" in text
    assert "call 2, exact by listener [6]" in text
    assert "[9] [8]" in text


def test_many_findings_and_much_evidence_are_counted(facts: Facts, reading: Any) -> None:
    index, one = facts.timeline.findings[0]
    one = msgspec.structs.replace(one, evidence=one.evidence * 50, blocked=True)
    many = msgspec.structs.replace(facts.timeline, findings=[(index, one)] * 500)
    text = reading(str(conclusions(msgspec.structs.replace(facts, timeline=many)))).text()
    assert "… 440 findings left out" in text
    assert "and 42 more" in text
    assert "refused: ssh" in text
