"""Why a body is missing."""

from __future__ import annotations

from vigiles.model.record import Event


class Erasure(Event, frozen=True, kw_only=True, tag="erasure"):
    """The bodies and secrets at ``indices`` were erased; their leaves stay. ``signature`` by ``principal``'s key."""

    indices: list[int]
    reason: str
    principal: str
    signature: str
