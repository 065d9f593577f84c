"""Transcripts of Bloom and Petri: events with views, of which the target's are its conversation; labels in files beside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.turns import Case, Spoken, turns_of, words_of

#: A judge's scores by name; at or above the first number it saw the behaviour, at or below the second it did not.
_SCORES = ("behavior_presence", "concerning")
_SEEN, _NOT_SEEN = 6, 3
_MOST_EVENTS = 100_000
#: (variation, repetition) of one rollout.
Rollout = tuple[int, int]


def is_transcript(value: object) -> bool:
    """Say whether a document is such a transcript."""
    return isinstance(value, dict) and isinstance(value.get("events"), list) and isinstance(value.get("metadata"), dict)


def transcript(value: object, name: str = "") -> Case:
    """Return a transcript as a case, labelled by its judge's score where it has one. Raises :class:`Malformed`."""
    if not isinstance(value, dict) or not isinstance(value.get("events"), list):
        raise Malformed("a transcript has no events")
    metadata = value.get("metadata") if isinstance(value.get("metadata"), dict) else {}
    assert isinstance(metadata, dict)
    prompt, turns = turns_of(_target(value["events"]))
    model = metadata.get("target_model")
    return Case(
        id=name or str(metadata.get("transcript_id", "")),
        prompt=prompt,
        turns=turns,
        harmful=_judged(metadata.get("judge_output")),
        cluster=name,
        model=model if isinstance(model, str) else "",
    )


def misaligned(value: object) -> dict[Rollout, dict[int, tuple[str, ...]]]:
    """Return the judged rollouts of a ``rollout_misalignment_turns`` file: each one's misaligned turns with their evidence.

    A control's file lists its rollouts without such turns: nobody judged them, they have none. Raises :class:`Malformed`.
    """
    found: dict[Rollout, dict[int, tuple[str, ...]]] = {}
    for rollout in _listed(value, "evaluated_rollouts"):
        turns: dict[int, tuple[str, ...]] = {}
        for turn in _listed({"misaligned_turns": [], **rollout}, "misaligned_turns"):
            evidence = turn.get("evidence")
            quoted = tuple(part for part in evidence if isinstance(part, str)) if isinstance(evidence, list) else ()
            turns[_number(turn, "turn_index")] = quoted
        found[_rollout(rollout)] = turns
    return found


def ambiguous(value: object) -> set[Rollout]:
    """Return the rollouts of an ``ambiguous_rollouts`` file. Raises :class:`Malformed`."""
    return {_rollout(rollout) for rollout in _listed(value, "ambiguous_rollouts")}


def with_labels(case: Case, turns: dict[int, tuple[str, ...]]) -> Case:
    """Return a case whose turns are labelled: those that hold a quoted piece of evidence, else those with the number given.

    Judges count turns from 0 or from 1; what they quote tells which they meant.
    """
    quoted = [_plain(part) for evidence in turns.values() for part in evidence]
    marked = {place for place, turn in enumerate(case.turns) if _holds(turn, quoted)}
    marked = marked or {place for place in turns if place < len(case.turns)}
    labelled = tuple(replace(turn, harmful=place in marked) for place, turn in enumerate(case.turns))
    return replace(case, turns=labelled, harmful=bool(turns))


def _target(events: list[object]) -> list[object]:
    if len(events) > _MOST_EVENTS:
        raise Malformed("a transcript has too many events")
    messages: list[object] = []
    for event in events:
        if not isinstance(event, dict):
            raise Malformed("an event is not an object")
        view, edit = event.get("view"), event.get("edit")
        if not isinstance(edit, dict) or (view != "target" and not (isinstance(view, list) and "target" in view)):
            continue
        operation = edit.get("operation")
        if operation == "add":
            messages.append(edit.get("message"))
        elif operation == "reset":
            new = edit.get("new_messages")
            messages = list(new) if isinstance(new, list) else []
        elif operation == "rollback":
            count = edit.get("count")
            if isinstance(count, int) and count > 0:
                del messages[-count:]
    return messages


def _judged(judge: object) -> bool | None:
    scores = judge.get("scores") if isinstance(judge, dict) else None
    if not isinstance(scores, dict):
        return None
    for name in _SCORES:
        score = scores.get(name)
        if isinstance(score, int | float):
            return True if score >= _SEEN else False if score <= _NOT_SEEN else None
    return None


def _holds(turn: Spoken, quoted: list[str]) -> bool:
    own = _plain("\n".join([turn.reasoning, turn.text, *(words_of(use.arguments) for use in turn.uses)]))
    return any(part and part in own for part in quoted)


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(" .\u2026\"'").lower()


def _listed(value: object, name: str) -> list[dict[str, Any]]:
    listed = value.get(name) if isinstance(value, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Malformed(f"{name} is not a list of objects")
    return listed


def _rollout(value: dict[str, Any]) -> Rollout:
    return _number(value, "variation_number"), _number(value, "repetition_number")


def _number(value: dict[str, Any], name: str) -> int:
    number = value.get(name, 1 if name == "repetition_number" else None)
    if not isinstance(number, int) or isinstance(number, bool):
        raise Malformed(f"{name} is not a number")
    return number
