"""The interface of one safeguard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from vigiles.model.act import Act
from vigiles.model.effect import Datum, Effect
from vigiles.model.reason import ReasonCode
from vigiles.model.verdict import Decision


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the gate. ``reasoning`` and ``text`` are the words of the turn that asked; untrusted.

    ``scores``: monitor scores of this act by their monitor's name, parts in a million, from records made before it is
    judged. ``deferred``: a trusted agent was to act in its place, and there is none.
    """

    act: Act
    effect: Effect
    purpose: str = ""
    reasoning: str = ""
    text: str = ""
    scores: dict[str, int] = {}
    deferred: bool = False


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What one safeguard thinks. ``rules`` name what decided, for the record; the agent gets a constant text.

    ``persons``: how many must approve, where it holds.
    """

    decision: Decision
    reason: ReasonCode
    rules: tuple[str, ...] = ()
    persons: int = 1


class Safeguard(Protocol):
    """One measure, made anew for each session. Pure: the same calls in the same order give the same opinions."""

    name: str

    def instructions(self) -> str:
        """Return lines to add to the agent's instructions; empty for most."""
        ...

    def conceals(self, datum: Datum, purpose: str) -> bool:
        """Say whether the agent may not see a datum for its purpose; a world leaves it out of lists, searches and reads."""
        ...

    def opinion(self, asked: Asked) -> Opinion | None:
        """Return what it thinks of the act, None where it has nothing to say."""
        ...

    def performed(self, asked: Asked, read: Sequence[Datum]) -> None:
        """Take note of an act that was performed and of what the agent was shown by it."""
        ...
