from __future__ import annotations

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.proved import MOST, worth_proving


def test_the_answers_stand_on_what_is_proved(facts: Facts) -> None:
    chosen = worth_proving(facts.timeline)
    assert chosen[0] == facts.timeline.index
    assert set(chosen) == {16, 11, 13, 3, 4, 10, 15, 6, 8, 9}


def test_there_is_an_end_and_the_incident_comes_first(facts: Facts) -> None:
    many = [(1000 + n, facts.timeline.evidence[0][1]) for n in range(500)]
    chosen = worth_proving(msgspec.structs.replace(facts.timeline, evidence=many))
    assert len(chosen) == MOST
    assert chosen[0] == facts.timeline.index
