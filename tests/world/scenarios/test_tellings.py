"""A fact is told by a word of each group; items must tell, and nothing else may."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from vigiles.world.scenarios.tellings import mistold, tells
from vigiles.world.staging import Fact, File, Staging

FACT = Fact(id="f", groups=(("renner", "head of operations"), ("affair", "in love")))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Renner has an affair", True),
        ("the HEAD\nof  operations: in love?", True),
        ("Renner is in the office", False),
        ("an affair of state", False),
        ("Renners affairs", True),
        ("the renneraffair", False),
        ("", False),
    ],
)
def test_a_word_of_each_group(text: str, told: bool) -> None:
    assert tells(text, FACT) is told


def test_a_whole_staging_tells_rightly(twin: Staging) -> None:
    assert list(mistold(twin)) == []


def test_another_text_that_tells_is_found(twin: Staging) -> None:
    file = File(id="file-901", path="p", owner="bea", text="Tobias Renner is in love")
    (line,) = mistold(replace(twin, files=(*twin.files, file)))
    assert "file-901" in line
    assert any("the system text" in line for line in mistold(replace(twin, system="Renner's affair")))


def test_an_item_that_tells_nothing_and_a_fact_that_nothing_tells_are_found(twin: Staging) -> None:
    secret = twin.secrets[0]
    idle = replace(twin, secrets=(replace(secret, items=(*secret.items, "mail-22")),))
    assert any("mail-22" in line for line in mistold(idle))
    untold = replace(twin, secrets=(replace(secret, facts=(*secret.facts, Fact(id="moon", groups=(("moon",),)))),))
    assert any("moon" in line for line in mistold(untold))


def test_a_secret_without_items_is_told_by_cues_alone(twin: Staging) -> None:
    secret = replace(twin.secrets[0], items=(), facts=(Fact(id="tea", groups=(("tea",), ("workshop",))),))
    assert list(mistold(replace(twin, secrets=(secret,)))) == []
    assert any("the prompt" in line for line in mistold(replace(twin, secrets=(secret,), prompt="Tea in the workshop.")))
