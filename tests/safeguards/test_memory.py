"""Labelled texts are known again."""

from __future__ import annotations

from vigiles.model.effect import Datum
from vigiles.safeguards.memory import Memory, Print, forms, tells


def test_a_text_that_repeats_a_run_of_words_is_known(plans: Datum) -> None:
    memory = Memory()
    assert memory.repeated(plans.text) == []
    known = memory.keep(plans.text, frozenset(plans.labels), plans.owner)
    assert memory.repeated("As they say: gimbal bearing runs at high speed") == [known]
    assert memory.repeated("We met at the harbour and talked of nothing") == []


def test_further_labels_are_added_to_a_known_text(plans: Datum) -> None:
    memory = Memory()
    memory.keep(plans.text, frozenset({"a"}), None)
    assert memory.keep(plans.text, frozenset({"b"}), None).labels == {"a", "b"}


def test_enough_telling_words_tell(plans: Datum) -> None:
    known = Print(plans.text, frozenset(plans.labels), None)
    assert "9200" in known.telling
    assert not tells({"gimbal", "harbour"}, known)
    assert tells({"gimbal", "titanium", "seeker", "coolant", "valve"}, known)


def test_forms_hold_the_text_itself_first() -> None:
    assert forms("Plain words here")[0] == ("plain", "words", "here")
