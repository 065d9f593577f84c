from __future__ import annotations

from typing import Any

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.glossary import WORDS, glossary


def test_the_words_of_the_page_are_explained(facts: Facts, reading: Any) -> None:
    text = reading(str(glossary(facts))).text()
    assert all(word in text for word, _ in WORDS)
    for word in ("principal", "episode", "call", "verdict", "cell", "door", "flow", "finding", "response", "ledger"):
        assert any(word in name for name, _ in WORDS), word
