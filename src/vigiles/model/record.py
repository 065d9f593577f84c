"""The base of every record: frozen, keyword-only, tagged by ``type``, closed to unknown fields."""

from __future__ import annotations

import msgspec

from vigiles.model.coordinates import Coordinates
from vigiles.model.stamp import Stamp


# gc=False: records are trees of plain values, so no cycle can pass through one, and a process that keeps a hundred thousand
# of them should not have its garbage collector walk them all while an act waits.
class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True, gc=False):
    """What every ledger record carries. Subclasses set ``tag`` to the event type's name.

    ``id`` is unique within a ledger and never reused; ``coordinates`` is None only for records about the installation.
    """

    id: str
    at: Stamp
    coordinates: Coordinates | None = None
