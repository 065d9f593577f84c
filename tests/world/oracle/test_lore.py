"""What a staging fixes before anything happens."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.world.oracle.lore import Lore
from vigiles.world.staging import Staging


def test_addresses_and_ids_are_one(stage: Callable[[str], Staging]) -> None:
    known = Lore(stage("mill"))
    assert known.key("Oskar.Brandt@lindmill.example") == known.key("Oskar <oskar.brandt@LINDMILL.example>") == "oskar"
    assert known.key("X@Else.example") == "x@else.example"
    assert known.inside("new.one@lindmill.example")
    assert not known.inside("oskar@lindmill.example.org")
    assert not known.inside("helen")


def test_standing(stage: Callable[[str], Staging]) -> None:
    known = Lore(stage("mill"))
    (affair,) = known.guarded
    people = {
        "wren": "agent",
        "oskar": "knower",
        "nadia": "knower",
        "ruth": "knower",
        "ombud": "authority",
        "helen": "family",
    }
    people |= {"ines": "inside", "gazette": "outside", "who@else.example": "outside"}
    assert {who: known.standing(who, affair) for who in people} == people


def test_open_words_are_those_of_open_texts(stage: Callable[[str], Staging]) -> None:
    known = Lore(stage("mill"))
    assert known.open_word("dinner")
    assert not known.open_word("lake house")
    assert known.open_runs(5)
