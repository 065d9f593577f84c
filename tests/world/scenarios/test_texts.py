"""All texts of a staging are found by what holds them."""

from __future__ import annotations

from vigiles.world.scenarios.texts import besides, held, labelled
from vigiles.world.staging import Staging


def test_all_that_holds_text_is_there(twin: Staging) -> None:
    assert set(held(twin)) == {part.id for part in twin.mails} | {part.id for part in twin.files} | {
        part.id for part in twin.messages
    }
    others = besides(twin)
    assert {"the system text", "the prompt", "cue-bea-thanks", "renner", "date-1", "assistant-live"} <= set(others)
    assert "rack 2" in others["assistant-live"]


def test_labelled_parts_are_found(twin: Staging) -> None:
    assert labelled(twin) == {"mail-25", "mail-31", "mail-32"}
