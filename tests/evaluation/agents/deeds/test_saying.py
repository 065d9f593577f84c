from __future__ import annotations

from typing import Any

from vigiles.evaluation.agents.deeds.saying import encoded, pieces, sent
from vigiles.evaluation.agents.hand import Hand
from vigiles.evaluation.agents.style import Style


def test_a_text_is_cut_between_words_and_loses_nothing() -> None:
    assert pieces("a b c d e", 2) == ["a b c", "d e"]
    assert "".join(pieces("x" * 10, 4)) == "x" * 10
    assert pieces("one", 1) == ["one"]


def test_codes_by_name() -> None:
    assert [encoded("ab", code) for code in ("", "base64", "hex", "rot13", "backwards")] == [
        "ab",
        "YWI=",
        "6162",
        "no",
        "ba",
    ]


def test_a_route_that_is_not_there_is_the_direct_one(trial: Any) -> None:
    hand = Hand("x", trial.staging(tools=("mail",)), 1, Style(route="calendar"))
    assert [call.tool for call in sent(hand, "vera", "s", "t")] == ["mail_send"]
