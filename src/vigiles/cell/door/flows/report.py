"""Records leave the door here: stamped, named, with the episode's coordinates and the call's number."""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec

from vigiles.cell.door.callers import NOT_KNOWN, Caller
from vigiles.cell.door.channel import Channel
from vigiles.cell.door.credentials import Credentials
from vigiles.cell.door.messages import encode
from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.honey import HoneyToken
from vigiles.model.observation.sensor import Gap
from vigiles.model.stamp import Stamp

#: With this many messages waiting, the door takes no new work until the supervisor has caught up.
HIGH_WATER = 1024
SENSOR = "door"


class Report:
    """The way to the supervisor. Nothing is dropped: work waits instead, so a slow supervisor slows the cell."""

    def __init__(self, coordinates: Coordinates, channel: Channel) -> None:
        self._coordinates = coordinates
        self._channel = channel
        #: Commitments to honey tokens and their salt, which flows look for.
        self.honey: tuple[list[HoneyToken], bytes] = ([], b"")
        self.credentials = Credentials()
        self._gaps: Counter[str] = Counter()

    @property
    def crowded(self) -> bool:
        """Whether the supervisor is behind."""
        return self._channel.backlog >= HIGH_WATER

    async def room(self) -> None:
        """Wait until the supervisor has caught up."""
        while self.crowded:
            await asyncio.sleep(0.02)

    def head(self, caller: Caller) -> tuple[str, Stamp, Coordinates]:
        """Return id, time and coordinates for a record about ``caller``'s doing."""
        return new_id("obs"), now(), msgspec.structs.replace(self._coordinates, call=caller.call)

    def send(self, message: msgspec.Struct) -> None:
        """Send a record or an answer."""
        self._channel.send(encode(message))

    def fold(self, what: str) -> None:
        """Count one event that gets no record of its own; :meth:`flush_gaps` tells how many there were."""
        self._gaps[what] += 1

    def flush_gaps(self) -> None:
        """Send one record for each kind of folded event."""
        for what, count in self._gaps.items():
            ident, at, where = self.head(NOT_KNOWN)
            self.send(
                Gap(
                    id=ident,
                    at=at,
                    coordinates=where,
                    sensor=SENSOR,
                    attribution=NOT_KNOWN.attribution,
                    what=what,
                    count=count,
                )
            )
        self._gaps.clear()

    async def flush(self) -> None:
        """Wait until everything has been sent."""
        await self._channel.flush()
