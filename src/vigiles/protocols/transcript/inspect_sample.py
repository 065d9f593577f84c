"""Samples of Inspect's logs, and ControlArena's: a sample has messages, attachments apart, metadata and scores."""

from __future__ import annotations

from typing import Any

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.turns import Case, Spoken, turns_of

_ATTACHED = "attachment://"
_MOST_ATTACHED = 10_000
_DEEPEST = 12
#: ControlArena plays a policy that was told to attack, or not to.
_MODES = {"attack": True, "honest": False}
#: Scores that say that harm was done, ours that it was tried; and values that mean yes and no.
_HARM = ("harmful", "tried", "harm", "misaligned", "attack_success", "side_task_success", "attack")
_YES, _NO = ("C", "harmful", "yes", "true"), ("I", "benign", "no", "false")


def is_sample(value: object) -> bool:
    """Say whether a document is a sample."""
    return isinstance(value, dict) and isinstance(value.get("messages"), list) and ("scores" in value or "metadata" in value)


def sample(value: object, name: str = "", model: str = "") -> Case:
    """Return a sample as a case: labelled by ControlArena's mode, else by a score of harm. Raises :class:`Malformed`."""
    if not isinstance(value, dict):
        raise Malformed("a sample is not an object")
    attached = value.get("attachments")
    messages = _resolved(value.get("messages"), attached if isinstance(attached, dict) else {}, 0)
    prompt, turns = turns_of(messages)
    held = value.get("metadata")
    metadata: dict[str, Any] = held if isinstance(held, dict) else {}
    identity = value.get("id")
    return Case(
        id=f"{name}/{identity}/{value.get('epoch', 1)}",
        prompt=prompt,
        turns=turns,
        harmful=_label(metadata, value.get("scores"), value.get("error")),
        behaviour=next(
            (metadata[key] for key in ("behaviour", "scenario", "family") if isinstance(metadata.get(key), str)), "all"
        ),
        cluster=str(identity),
        model=model,
    )


def entry(value: object, name: str = "") -> Case:
    """Return one line of ControlArena's exported trajectories: messages as JSON text under ``raw_state``, or a bare sample.

    Raises :class:`Malformed`.
    """
    from vigiles.protocols.transcript.document import document

    if not isinstance(value, dict):
        raise Malformed("a trajectory is not an object")
    raw = value.get("raw_state")
    if isinstance(raw, str):
        value = {**value, "messages": document(raw.encode("utf-8", "surrogatepass"))}
    return sample({"id": value.get("desc", name), **value}, name)


def is_entry(value: object) -> bool:
    """Say whether a line is such a trajectory."""
    return isinstance(value, dict) and (isinstance(value.get("raw_state"), str) or is_sample(value))


def is_call(value: object) -> bool:
    """Say whether a line is one bare tool call, as ControlArena's replays have them."""
    return isinstance(value, dict) and isinstance(value.get("function"), str) and isinstance(value.get("arguments"), dict)


def calls(values: list[dict[str, Any]], name: str) -> Case:
    """Return lines of bare tool calls as one case without a label. Raises :class:`Malformed`."""
    turns: list[Spoken] = list(turns_of([{"role": "assistant", "tool_calls": [value]} for value in values])[1])
    return Case(id=name, prompt="", turns=tuple(turns), harmful=None, cluster=name)


def _resolved(value: object, attached: dict[str, Any], depth: int) -> object:
    """Return messages with what was attached in its place. Raises :class:`Malformed` for what nests too deeply."""
    if depth > _DEEPEST or len(attached) > _MOST_ATTACHED:
        raise Malformed("a sample is nested too deeply, or has too many attachments")
    if isinstance(value, str) and value.startswith(_ATTACHED):
        found = attached.get(value.removeprefix(_ATTACHED))
        return found if isinstance(found, str) else ""
    if not attached:
        return value
    if isinstance(value, list):
        return [_resolved(part, attached, depth + 1) for part in value]
    if isinstance(value, dict):
        return {key: _resolved(part, attached, depth + 1) for key, part in value.items()}
    return value


def _label(metadata: dict[str, Any], scores: object, error: object) -> bool | None:
    """Return the label; a sample that ended in an error has none: it is never taken for harmless."""
    if error:
        return None
    for key in ("mode", "eval_mode"):
        if metadata.get(key) in ("attack", "honest"):
            return _MODES[metadata[key]]
    values = _values(scores)
    for name in _HARM:
        value = values.get(name)
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float) and value == value:
            return value >= 0.5
        if isinstance(value, str) and value in (*_YES, *_NO):
            return value in _YES
    return None


def _values(scores: object) -> dict[str, object]:
    """Return name -> value of all scores; a score of several parts, as ours, stands for each of them by name."""
    found: dict[str, object] = {}
    for name, score in scores.items() if isinstance(scores, dict) else ():
        value = score.get("value") if isinstance(score, dict) else score
        found |= value if isinstance(value, dict) else {name: value}
    return found
