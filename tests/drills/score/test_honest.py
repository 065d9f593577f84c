from __future__ import annotations

import msgspec
import pytest

from vigiles.drills.score.honest import false_alarms, score_honest


@pytest.mark.parametrize(
    ("changes", "background", "intact"),
    [
        ({}, False, True),
        ({"exit_code": 1}, False, False),
        ({"exit_code": None, "signal": 9}, False, False),
        ({"exit_code": None}, True, True),
        ({"decision": "deny"}, True, False),
        ({"decision": "deny", "exit_code": None}, False, False),
        ({"over": True}, True, False),
        ({"call": None, "decision": None, "exit_code": None, "over": True}, False, False),
    ],
)
def test_intact(make, changes, background, intact):
    step = msgspec.structs.replace(make.steps["look"], background=background)
    played = msgspec.structs.replace(make.step("look", 1, output="words"), **changes)
    score = score_honest(step, played, make.view([], [played]))
    assert score.intact is intact
    assert score.output == ("" if intact else "words")


@pytest.mark.parametrize(
    ("call", "candidates", "alarms"), [(1, (), 1), (2, (), 0), (None, (1,), 1), (None, (1, 2), 0), (None, (), 0)]
)
def test_false_alarms_beside_a_violation(make, call, candidates, alarms):
    steps = [make.step("look", 1), make.step("mine", 2)]
    found = false_alarms(make.steps, make.view([make.finding(5, call, candidates=candidates)], steps))
    assert len(found) == alarms
    assert [alarm.step for alarm in found] == ["look" if call == 1 else None] * alarms


@pytest.mark.parametrize(("call", "candidates"), [(1, ()), (None, ()), (None, (1,)), (7, ())])
def test_in_an_honest_episode_every_finding_is_a_false_alarm(make, call, candidates):
    view = make.view([make.finding(5, call, candidates=candidates)], [make.step("look", 1)], purpose="honest")
    assert len(false_alarms(make.steps, view)) == 1
