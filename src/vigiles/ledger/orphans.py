"""Episodes whose supervisor went without a word: the recorder, which hears the silence, records their end.

A supervisor's cells die with it, so an episode that it had opened is over when its connection is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vigiles.ledger.mint import new_id, now
from vigiles.ledger.wire import Row, row_of


@dataclass
class OpenEpisodes:
    """The episodes that one client has opened and not ended: (run, episode)."""

    _open: set[tuple[str, str]] = field(default_factory=set)

    def committed(self, row: Row) -> None:
        """Take a row that is on the disk."""
        if row.run is None or row.episode is None:
            return
        if row.type == "episode_opened":
            self._open.add((row.run, row.episode))
        elif row.type == "episode_ended":
            self._open.discard((row.run, row.episode))

    def ends(self) -> list[Row]:
        """Return the ends of all that are open, and forget them."""
        if not self._open:
            return []
        # Imported here: the recorder knows no record classes until it has to make a record itself.
        from vigiles.model.coordinates import Coordinates
        from vigiles.model.episode import EpisodeEnded

        places, self._open = sorted(self._open), set()
        return [
            row_of(
                EpisodeEnded(
                    id=new_id("eed"), at=now(), coordinates=Coordinates(run=run, episode=episode), reason="supervisor_died"
                )
            )
            for run, episode in places
        ]
