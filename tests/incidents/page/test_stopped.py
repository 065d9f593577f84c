from __future__ import annotations

from typing import Any

import msgspec

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.stopped import all_refused, stopped
from vigiles.incidents.timeline import Timeline


def changed(facts: Facts, **incident: object) -> Timeline:
    return msgspec.structs.replace(facts.timeline, incident=msgspec.structs.replace(facts.timeline.incident, **incident))


def test_what_stopped_it_and_how_fast(facts: Facts) -> None:
    assert stopped(facts.timeline) == [
        "It was stopped 25 ms after it occurred.",
        "Vigiles struck at call 2: its network was cut, 12 ms after the finding.",
    ]


def test_what_was_not_stopped_is_said_first(facts: Facts) -> None:
    over = stopped(changed(facts, contained=False, contained_us=None))
    assert over[0].startswith("It was NOT STOPPED before the episode ended (response).")
    live = msgspec.structs.replace(changed(facts, contained=False, contained_us=None), ended=None)
    assert "it may still run" in stopped(live)[0]


def test_a_blow_that_missed_is_told(facts: Facts, make: Any) -> None:
    missed = make.response(None, kind="freeze", outcome="failed", error="x")
    timeline = msgspec.structs.replace(facts.timeline, responses=[(1, missed)])
    assert "Vigiles tried this on call 2 and it failed: freeze." in stopped(timeline)


def test_refusals_are_counted(facts: Facts) -> None:
    blocked = [(index, msgspec.structs.replace(one, blocked=True)) for index, one in facts.timeline.findings]
    some = msgspec.structs.replace(facts.timeline, findings=[blocked[0], facts.timeline.findings[1]])
    assert "1 of 2 findings are of something refused before it had an effect." in stopped(some)
    assert not all_refused(some)
    every = msgspec.structs.replace(facts.timeline, findings=blocked)
    assert stopped(every)[0] == "It was refused before it had an effect."
    assert all_refused(every)
