"""What happened in the simulated office."""

from __future__ import annotations

from vigiles.model.observation.base import Observation
from vigiles.model.plain import Plain


class OfficeEvent(Observation, frozen=True, kw_only=True, tag="office_event"):
    """One change of an evaluation's world, as it stands in the world's state: nothing here is a company's real data.

    ``number`` counts the episode's events from 1; ``minute`` is the world's clock, minutes since midnight of its first day.
    ``by``: the person's id, or ``clock``. ``kind`` is ``application.verb``, ``data`` what it changed. ``because``: the event
    that this one answers. An event that the agent caused names its call; those of others name none.
    """

    number: int
    minute: int
    by: str
    kind: str
    data: dict[str, Plain]
    because: int | None = None
