"""What became of a trajectory: one row for each use of a tool, and sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import InputInvalid
from vigiles.model.feedback import FeedbackValue
from vigiles.model.verdict import Decision
from vigiles.runtime.trajectory.compare import Compared

#: ``performed``: as a process. ``recorded``: as an act only, for no process is known for it. ``refused``: by the gate.
#: ``judged``: only put to the judge. ``left``: the episode had ended before it.
Deed = Literal["performed", "recorded", "refused", "judged", "left"]


@dataclass
class Row:
    """One use. ``where`` it stands; ``tool`` and ``label`` are the transcript's words, ``what`` the command or arguments.

    ``why``: why it was not performed. ``findings`` are ids of rules. ``call`` is None for what was left.
    """

    where: str
    tool: str
    label: str | None
    what: str
    deed: Deed
    call: int | None = None
    turn: int | None = None
    decision: Decision | None = None
    reason: str | None = None
    rules: list[str] = field(default_factory=list)
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    findings: list[str] = field(default_factory=list)
    feedback: FeedbackValue | None = None
    output: Compared | None = None
    why: str | None = None


@dataclass
class Report:
    """``stopped``: the entry that could not be read, after which nothing was done. ``ended``: why the episode was ended
    before its trajectory was. ``strangers``: outputs in the transcript of no call that stands before them.
    """

    profile: str
    coordinates: Coordinates | None = None
    rows: list[Row] = field(default_factory=list)
    strangers: int = 0
    incidents: list[str] = field(default_factory=list)
    changed: int = 0
    held: int = 0
    ended: str | None = None
    stopped: InputInvalid | None = None

    def count(self, deed: Deed) -> int:
        """Return how many rows have this deed."""
        return sum(row.deed == deed for row in self.rows)

    def likenesses(self) -> dict[str, int]:
        """Return how many outputs were how like."""
        counts: dict[str, int] = {}
        for row in self.rows:
            if row.output is not None:
                counts[row.output.likeness] = counts.get(row.output.likeness, 0) + 1
        return counts
