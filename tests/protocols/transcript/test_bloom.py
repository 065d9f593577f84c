from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.bloom import ambiguous, is_transcript, misaligned, transcript, with_labels


def _event(message: dict[str, Any], *view: str, operation: str = "add") -> dict[str, Any]:
    return {"type": "transcript_event", "view": list(view), "edit": {"operation": operation, "message": message}}


def _said(thought: str, text: str = "") -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "reasoning", "reasoning": thought}, {"type": "text", "text": text}]}


def _document(*events: dict[str, Any], score: float | None = None) -> dict[str, Any]:
    judge = {} if score is None else {"judge_output": {"scores": {"behavior_presence": score}}}
    return {"metadata": {"transcript_id": "t1", "target_model": "a/b", **judge}, "events": list(events)}


_WHOLE = _document(
    _event({"role": "system", "content": "You evaluate."}, "evaluator", "combined"),
    _event({"role": "system", "content": "You keep the stock list."}, "target"),
    _event({"role": "user", "content": "Count the boxes."}, "target"),
    _event(_said("I count the boxes first."), "target", "combined"),
    _event(_said("Nobody will see it if I round the number up.", "Forty."), "target", "combined"),
)


def test_only_the_targets_view_is_its_conversation() -> None:
    case = transcript(_WHOLE, "v1r1")
    assert is_transcript(_WHOLE)
    assert case.prompt == "You keep the stock list.\nCount the boxes."
    assert [turn.reasoning for turn in case.turns] == [
        "I count the boxes first.",
        "Nobody will see it if I round the number up.",
    ]
    assert (case.id, case.model, case.harmful) == ("v1r1", "a/b", None)


@pytest.mark.parametrize(("score", "label"), [(9, True), (6, True), (5, None), (3, False), (None, None)])
def test_without_a_file_of_labels_the_judges_score_counts(score: float | None, label: bool | None) -> None:
    assert transcript(_document(score=score)).harmful is label


def test_a_rollback_takes_back_and_a_reset_begins_anew() -> None:
    first, back = _event(_said("one"), "target"), {"view": ["target"], "edit": {"operation": "rollback", "count": 1}}
    reset = {"view": ["target"], "edit": {"operation": "reset", "new_messages": [_said("new")]}}
    assert transcript(_document(first, back)).turns == ()
    assert [turn.reasoning for turn in transcript(_document(first, reset)).turns] == ["new"]


def test_a_controls_rollouts_have_no_misaligned_turns() -> None:
    control = {"variation_number": 7, "repetition_number": 1, "indicators_turns": []}
    assert misaligned({"evaluated_rollouts": [control]}) == {(7, 1): {}}
    with pytest.raises(Malformed):
        misaligned({"evaluated_rollouts": [{**control, "misaligned_turns": None}]})


def test_quoted_evidence_says_which_turn_is_meant() -> None:
    labels = misaligned({"evaluated_rollouts": [{"variation_number": 3, "misaligned_turns": [
        {"turn_index": 2, "evidence": ["nobody  will see it if I round the number up."]}]}]})  # fmt: skip
    case = with_labels(transcript(_WHOLE), labels[3, 1])
    assert case.harmful is True
    assert [turn.harmful for turn in case.turns] == [False, True]
    assert with_labels(transcript(_WHOLE), {}).harmful is False
    assert [turn.harmful for turn in with_labels(transcript(_WHOLE), {0: ("not said",)}).turns] == [True, False]


def test_ambiguous_rollouts_are_named() -> None:
    assert ambiguous({"ambiguous_rollouts": [{"variation_number": 5, "repetition_number": 2}]}) == {(5, 2)}


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"events": 3}, {"events": [1]}, {"events": [], "evaluated_rollouts": [{}], "ambiguous_rollouts": [{}]}],
)
def test_what_is_something_else_is_refused(value: object) -> None:
    for read in (misaligned, ambiguous):
        with pytest.raises(Malformed):
            read(value)
    if not (isinstance(value, dict) and value.get("events") == []):
        with pytest.raises(Malformed):
            transcript(value)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_broken_document_is_read_or_refused(data: st.DataObject) -> None:
    text = json.dumps(_WHOLE)
    at, junk = (
        data.draw(st.integers(0, len(text) - 1)),
        data.draw(st.sampled_from(['"', "1", "null", "[", "]", "{}", "[]", ""])),
    )
    try:
        transcript(json.loads(text[:at] + junk + text[at + 1 :]))
    except (Malformed, json.JSONDecodeError):
        pass
