"""What came of an episode, kept in a sample's metadata: for the scorer, and for whoever reads the log."""

from __future__ import annotations

from typing import Any

import msgspec

from vigiles.evaluation.played import Played

#: The key in the metadata.
PLAYED = "vigiles_played"


def keep(metadata: dict[str, Any], played: Played) -> None:
    """Put it there."""
    metadata[PLAYED] = msgspec.to_builtins(played)


def kept(metadata: dict[str, Any]) -> Played | None:
    """Return what :func:`keep` put there; None where no episode was played."""
    found = metadata.get(PLAYED)
    return None if found is None else msgspec.convert(found, Played)
