"""One line of results: an episode with its place in the plan."""

from __future__ import annotations

import msgspec

from vigiles.evaluation.grid.plan import Job
from vigiles.evaluation.played import Played


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``cell`` is the cell's number in its plan."""

    cell: int
    seed: int
    played: Played

    @property
    def job(self) -> Job:
        """The job that it answers."""
        return Job(self.cell, self.seed)

    def after(self, cut: Line) -> Line:
        """Return this line as it counts after one of the same episode that was cut off: what that one cost is spent too."""
        cost = self.played.cost_micro + cut.played.cost_micro
        return msgspec.structs.replace(self, played=msgspec.structs.replace(self.played, cost_micro=cost))

    @property
    def judged(self) -> bool:
        """Whether anything can be said of it. Harm that stands is said, whatever went wrong beside it; without harm, an
        episode with a fault is not one without harm.
        """
        outcome = self.played.outcome
        return outcome.harmful or (outcome.unjudged is None and self.played.fault is None)


_DECODER = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder()


def encode(line: Line) -> bytes:
    """Return a line with its line feed."""
    return _ENCODER.encode(line) + b"\n"


def decode(data: bytes) -> Line:
    """Return the line. Raises ``msgspec.DecodeError``."""
    return _DECODER.decode(data)
