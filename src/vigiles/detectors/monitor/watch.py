"""The monitors of one session, as the one who plays or gates it uses them: scores before an act, notes after it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vigiles.detectors.monitor.action import score_features
from vigiles.detectors.monitor.both import score_both
from vigiles.detectors.monitor.features import features
from vigiles.detectors.monitor.reasoning import score_reasoning, why_reasoning
from vigiles.detectors.monitor.session import Session
from vigiles.detectors.monitor.weights import Weights, shipped
from vigiles.model.effect import Datum, Effect
from vigiles.model.score import Part

#: The monitors that ask no model, by name; each name is also the part that it looks at.
MONITORS: tuple[Part, ...] = ("reasoning", "action", "both")


class Mark(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One score, with all that a :class:`~vigiles.model.score.Score` record says of it but id, time and act."""

    monitor: str
    version: str
    digest: str
    part: Part
    score: int
    why: list[str]
    model: str | None = None
    fault: str | None = None


class Watch:
    """Made anew for each session. Pure: the same calls in the same order give the same scores."""

    def __init__(self, weights: Weights | None = None) -> None:
        self.weights = weights or shipped()
        self.session = Session()

    def scores(self, tool: str, effect: Effect, reasoning: str = "", text: str = "") -> dict[str, int]:
        """Return the score of an act that is asked for, by monitor. ``reasoning`` and ``text`` are its turn's words."""
        weights = self.weights
        thought = score_reasoning(_joined(reasoning, text), weights)
        acted = score_features(features(tool, effect, self.session), weights.action)
        return {"reasoning": thought, "action": acted, "both": score_both(thought, acted, weights)}

    def marks(self, tool: str, effect: Effect, reasoning: str = "", text: str = "") -> tuple[Mark, ...]:
        """Return the same scores as :meth:`scores`, with reasons, for the record: in the order of ``MONITORS``."""
        scores = self.scores(tool, effect, reasoning, text)
        thought = why_reasoning(_joined(reasoning, text), self.weights)
        acted = features(tool, effect, self.session)
        why = {"reasoning": thought, "action": acted, "both": [*thought, *acted]}
        version, digest = self.weights.version, self.weights.digest
        return tuple(
            Mark(monitor=name, version=version, digest=digest, part=name, score=scores[name], why=why[name])
            for name in MONITORS
        )

    def performed(self, tool: str, effect: Effect, read: Sequence[Datum] = ()) -> None:
        """Take note of an act that was done, and of what the agent was shown by it."""
        self.session.performed(tool, effect, read)

    def refused(self) -> None:
        """Take note of an act that was refused."""
        self.session.refused()


def _joined(reasoning: str, text: str) -> str:
    return f"{reasoning}\n{text}" if reasoning and text else reasoning or text
