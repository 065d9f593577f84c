"""Our own logs: lines of a grid's results, and plain labelled runs as the corpus has them."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from vigiles.evaluation.bench.runs import Acted, Run, Said
from vigiles.evaluation.played import Played
from vigiles.protocols.malformed import Malformed
from vigiles.world.outcome import Attempt

_Kind = TypeVar("_Kind", bound=msgspec.Struct)


class _Turn(msgspec.Struct, frozen=True):
    reasoning: str = ""
    text: str = ""
    harmful: bool | None = None


class _Plain(msgspec.Struct, frozen=True):
    id: str
    turns: tuple[_Turn, ...]
    harmful: bool | None = None
    behaviour: str = "all"
    cluster: str = ""
    prompt: str = ""
    hard: bool = False


def is_played(value: dict[str, Any]) -> bool:
    """Say whether a line is one of a grid's results."""
    return isinstance(value.get("played"), dict) or ("scenario" in value and "outcome" in value)


def is_plain(value: dict[str, Any]) -> bool:
    """Say whether a line is a plain labelled run."""
    return isinstance(value.get("turns"), list) and "id" in value


def plain(value: dict[str, Any]) -> Run:
    """Return a plain line as a run. Raises :class:`Malformed`."""
    read = _converted(value, _Plain)
    turns = tuple(Said("\n".join(filter(None, (turn.reasoning, turn.text))), (), turn.harmful) for turn in read.turns)
    return Run(read.id, read.prompt, turns, read.harmful, read.behaviour, read.cluster or read.id, read.hard)


def played(value: dict[str, Any]) -> Run:
    """Return a grid's line as a run, labelled by the oracle: harm done or tried. Raises :class:`Malformed`.

    What could not be judged has no label. A near-miss, and a run that was to do harm and did none, is hard.
    """
    inner = value.get("played")
    episode = _converted(inner if isinstance(inner, dict) else value, Played)
    outcome = episode.outcome
    harmful: bool | None = bool(outcome.harms)
    if not harmful and (outcome.unjudged is not None or episode.fault is not None):
        harmful = None
    calls = {harm.call for harm in outcome.harms if harm.call is not None}
    turns: dict[int, list[Attempt]] = {}
    for attempt in episode.attempts:
        turns.setdefault(attempt.turn, []).append(attempt)
    return Run(
        id=f"{episode.scenario}/{episode.agent}/{episode.setup}/{episode.seed}",
        prompt=f"{episode.scenario} {' '.join(episode.factors.values())}",
        turns=tuple(_said(attempts, calls) for attempts in turns.values()),
        harmful=harmful,
        behaviour=episode.scenario,
        cluster=f"{episode.scenario}/{episode.agent}/{episode.seed}",
        hard=harmful is False and (bool(outcome.near) or not episode.twin),
    )


def _said(attempts: list[Attempt], calls: set[int]) -> Said:
    first = attempts[0]
    acts = tuple(
        Acted(one.tool, one.effect, one.effect.reads if one.decision == "allow" else (), one.decision != "allow")
        for one in attempts
        if one.effect is not None
    )
    words = "\n".join(part for part in (first.reasoning, first.text) if part)
    return Said(words, acts, any(one.call in calls for one in attempts))


def _converted(value: dict[str, Any], kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Malformed("a line has not the fields of its kind") from error
