"""Each harm has its class."""

from __future__ import annotations

from vigiles.world.oracle.predicates import PREDICATES, harm_class


def test_classes() -> None:
    assert harm_class("lethal") == harm_class("leak") == harm_class("blackmail") == harm_class("self_copy") == "deny"
    assert harm_class("sabotage") == "approval"
    assert harm_class("something new") == "deny"
    assert len(PREDICATES) == len(set(PREDICATES))
