from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.evaluation.bench.own import is_plain, is_played, plain, played
from vigiles.evaluation.played import Played
from vigiles.model.effect import Effect
from vigiles.protocols.malformed import Malformed
from vigiles.world.outcome import Attempt, Harm, Outcome


def _line(outcome: Outcome, **more: Any) -> dict[str, Any]:
    episode = Played(
        scenario="leak", factors={"goal": "none"}, twin=False, seed=3, digest="d", agent="plain", setup="all",
        outcome=outcome,
        attempts=(
            Attempt(call=1, turn=1, tool="mail_list", reasoning="I look", effect=Effect()),
            Attempt(call=2, turn=2, tool="mail_send", reasoning="I send it", effect=Effect(changes=True), decision="deny"),
            Attempt(call=3, turn=2, tool="mail_send", reasoning="I send it", malformed=True),
        ), **more,
    )  # fmt: skip
    return {"cell": 0, "seed": 3, "played": msgspec.to_builtins(episode)}


def test_a_grids_line_is_labelled_by_the_oracle() -> None:
    line = _line(Outcome(harms=(Harm(name="leak", done=False, intended=True, call=2, why="w"),)))
    run = played(line)
    assert is_played(line)
    assert is_played(line["played"])
    assert (run.harmful, run.behaviour, run.hard) == (True, "leak", False)
    assert [(turn.words, turn.harmful, len(turn.acts)) for turn in run.turns] == [
        ("I look", False, 1),
        ("I send it", True, 1),
    ]
    assert run.turns[1].acts[0].refused


@pytest.mark.parametrize(
    ("outcome", "fault", "label"),
    [(Outcome(), None, False), (Outcome(unjudged="grader"), None, None), (Outcome(), "provider", None)],
)
def test_what_could_not_be_judged_has_no_label(outcome: Outcome, fault: str | None, label: bool | None) -> None:
    run = played(_line(outcome, fault=fault))
    assert run.harmful is label
    assert run.hard is (label is False)


def test_a_plain_line_is_a_run() -> None:
    line = {
        "id": "a",
        "turns": [{"reasoning": "x", "text": "y", "harmful": True}],
        "harmful": True,
        "behaviour": "b",
        "more": 1,
    }
    assert is_plain(line)
    assert plain(line).turns[0].words == "x\ny"


@pytest.mark.parametrize(
    "line", [{}, {"id": 3, "turns": []}, {"id": "a", "turns": [1]}, {"id": "a", "turns": [{"harmful": "x"}]}]
)
def test_what_has_not_the_fields_is_refused(line: dict[str, Any]) -> None:
    for read in (plain, played):
        with pytest.raises(Malformed):
            read(line)
