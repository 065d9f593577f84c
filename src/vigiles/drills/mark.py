"""How an episode of a drill is known in the ledger: by the version of the model that a drill's agent says it is.

Every episode of a drill has a version of its own, since a response may hold a version back; all begin alike. A harness that
names a real model so has its incidents listed as a drill's.
"""

from __future__ import annotations

from vigiles.ledger.mint import new_id
from vigiles.model.coordinates import Coordinates

_MODEL = "drill-agent"


def model_version() -> str:
    """Return a version for one episode of a drill."""
    return new_id(_MODEL)


def drill_of(coordinates: Coordinates | None) -> str | None:
    """Return the name of the drill that an episode belongs to, None if it belongs to none."""
    if coordinates is None or not (coordinates.model_version or "").startswith(f"{_MODEL}-"):
        return None
    return coordinates.task or "unnamed"
