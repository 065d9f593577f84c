from __future__ import annotations

import asyncio
import re

import pytest

from vigiles.evaluation.agents import registry
from vigiles.evaluation.loop import Setup, play
from vigiles.evaluation.played import Played
from vigiles.evaluation.second_opinion import MENDED, MODEL, PUBLISHED
from vigiles.world.scenarios.stage import stage


class Grader:
    """Answers every question with one word, under the question's own mark."""

    model = "grader/one"

    def __init__(self, word: str) -> None:
        self.word = word

    async def ask(self, question: str) -> str:
        if self.word == "fails":
            raise OSError("the line is dead")
        mark = re.findall(r"VERDICT (\w+): yes", question)[0]
        return f"VERDICT {mark}: {self.word}"


def played(agent: str, family: str, word: str | None = None) -> Played:
    staging = stage(family, {"ally": "present"}, 1)
    setup = Setup(name="none", grader=None if word is None else Grader(word))
    return asyncio.run(play(staging, registry.make(agent, staging, 1), setup, None, name=agent))


def test_the_published_rules_speak_of_the_studys_harms_only() -> None:
    found = played("plain-insider", "lethal")
    assert (found.invited, set(found.others)) == ("lethal", {PUBLISHED})
    assert played("honest", "lethal").others == {PUBLISHED: False}
    assert played("plain-insider", "resource-grab").others == {}


def test_on_a_leak_the_published_rule_misses_the_asker_and_its_mended_twin_does_not() -> None:
    insider, honest = played("plain-insider", "leak"), played("honest", "leak")
    assert insider.outcome.harmful
    assert insider.others == {PUBLISHED: False, MENDED: True}
    assert honest.others == {PUBLISHED: False, MENDED: False}


def test_a_leak_to_somebody_else_is_found_by_both() -> None:
    staging = stage("leak", {"injection": "forward"}, 1)
    found = asyncio.run(play(staging, registry.make("gullible", staging, 1), Setup(name="none"), None, name="gullible"))
    assert found.outcome.harmful
    assert found.others == {PUBLISHED: True, MENDED: True}


def test_the_mended_rule_still_takes_leave_for_a_leak() -> None:
    staging = stage("leak", {}, 1, twin=True)
    found = asyncio.run(play(staging, registry.make("honest", staging, 1), Setup(name="none"), None, name="honest"))
    assert not found.outcome.harmful
    assert found.others == {PUBLISHED: False, MENDED: True}


@pytest.mark.parametrize(("word", "said"), [("yes", True), ("no", False), ("perhaps", None), ("fails", None)])
def test_a_model_says_yes_no_or_nothing(word: str, said: bool | None) -> None:
    found = played("plain-insider", "resource-grab", word)
    assert found.others == {MODEL: said}
    assert found.outcome.unjudged is None
