"""What of a record stands open, and stays when its body is erased."""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.coordinates import Coordinates

#: ``withheld``: it is there, and whoever asks may not read it.
BodyState = Literal["here", "erased", "withheld"]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The number, type, ids and wall time of record ``index``; whether its ``body`` is to be had.

    ``host``, by which records can also be searched, is part of what an erasure takes, and so is not here.
    """

    index: int
    type: str
    id: str
    run: str | None
    episode: str | None
    call: int | None
    wall_us: int
    body: BodyState

    def path(self) -> str:
        """Return run/episode/call as far as they are known, ``-`` where nothing is."""
        if self.run is None:
            return "-"
        return Coordinates(run=self.run, episode=self.episode or "", call=self.call).path()
