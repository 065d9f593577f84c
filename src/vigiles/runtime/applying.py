"""What reached the work directory at the end of an episode or in a review, as a record."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from vigiles.cell.changes.held_files import Held
from vigiles.ledger.mint import new_id, now
from vigiles.model.applied import FilesApplied
from vigiles.model.coordinates import Coordinates
from vigiles.model.plain import text

#: Who applies at the end of an episode.
OURSELVES = "vigiles"
_PATHS = 64


def record_of(
    coordinates: Coordinates,
    by: str,
    reason: Literal["episode_end", "review"],
    *,
    applied: Iterable[str] = (),
    held: Sequence[Held] = (),
    stripped: int = 0,
    discarded: int = 0,
    error: str | None = None,
) -> FilesApplied:
    """Return the record; ``applied`` are paths below the work directory, folded to the first 64 and a digest."""
    paths = sorted(text(path) for path in applied)
    digest = hashlib.sha256(b"".join(path.encode() + b"\0" for path in paths))
    return FilesApplied(
        id=new_id("fap"),
        at=now(),
        coordinates=coordinates,
        by=text(by),
        reason=reason,
        applied=len(paths),
        paths=paths[:_PATHS],
        sha256=digest.hexdigest() if paths else None,
        held=len(held),
        held_reasons=dict(sorted(Counter(one.reason for one in held).items())),
        stripped=stripped,
        discarded=discarded,
        error=error,
    )
