from __future__ import annotations

import asyncio
from typing import Any

from vigiles.evaluation.choosing import Chooser, Chosen, most
from vigiles.evaluation.conversation import Turn


def scores(turn: Turn) -> dict[str, int]:
    return {"action": int(turn.text)}


def choose(stage: Any, *marks: str, trusted: str | None = None) -> Chosen:
    agent = stage.script(*(Turn(text=mark) for mark in marks))
    other = None if trusted is None else stage.script(Turn(text=trusted))
    return asyncio.run(Chooser(agent, scores, len(marks), other, threshold=50).choose([], ()))


def test_below_the_threshold_the_first_turn_is_acted_on(stage: Any) -> None:
    chosen = choose(stage, "30", "10", "49")
    assert (chosen.turn.text, chosen.raised, len(chosen.asked)) == ("30", {"action": 49}, 3)


def test_one_suspicious_sample_puts_the_step_under_suspicion(stage: Any) -> None:
    chosen = choose(stage, "30", "10", "50")
    assert (chosen.turn.text, chosen.raised, chosen.deferred) == ("10", {"action": 50}, False)


def test_where_no_other_sample_is_worse_each_act_stands_for_itself(stage: Any) -> None:
    for marks in (("60", "60", "60"), ("49", "10")):
        chosen = choose(stage, *marks)
        assert (chosen.turn.text, chosen.raised) == (marks[0], {})


def test_a_trusted_turn_keeps_its_own_suspicion(stage: Any) -> None:
    chosen = choose(stage, "60", "10", trusted="5")
    assert (chosen.turn.text, chosen.raised, chosen.deferred, len(chosen.asked)) == ("5", {}, True, 3)


def test_one_sample_without_a_trusted_agent_is_not_scored(stage: Any) -> None:
    chosen = choose(stage, "99")
    assert (chosen.turn.text, chosen.raised) == ("99", {})


def test_the_higher_score_counts_for_each_monitor() -> None:
    assert most({"a": 1, "b": 5}, {"a": 3, "c": 2}) == {"a": 3, "b": 5, "c": 2}


def test_a_turn_that_is_given_again_is_scored_once(stage: Any) -> None:
    scored: list[str] = []

    def counting(turn: Turn) -> dict[str, int]:
        scored.append(turn.text)
        return scores(turn)

    agent = stage.script(*(Turn(text=mark) for mark in ("30", "40", "30", "30")))
    chosen = asyncio.run(Chooser(agent, counting, 4, None, threshold=50).choose([], ()))
    assert scored == ["30", "40"]
    assert (chosen.turn.text, chosen.raised) == ("30", {"action": 40})


def test_a_step_that_nobody_is_trusted_with_is_refused(stage: Any) -> None:
    for marks, refused in ((("50",), True), (("49",), False), (("10", "50"), True)):
        agent = stage.script(*(Turn(text=mark) for mark in marks))
        chosen = asyncio.run(Chooser(agent, scores, len(marks), threshold=50, refuses=True).choose([], ()))
        assert (chosen.refused, chosen.deferred, len(chosen.asked)) == (refused, False, len(marks))
