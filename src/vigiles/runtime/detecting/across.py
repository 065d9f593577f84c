"""What looks at all episodes of one supervisor together, and tells each of them what was found about it."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakValueDictionary

from vigiles.detectors.channels.baseline import Baseline
from vigiles.detectors.channels.channels import Channels
from vigiles.model.episode import EpisodeEnded
from vigiles.model.finding import Finding
from vigiles.model.union import Recorded
from vigiles.runtime.detecting.post import Post


class Told(Protocol):
    """An episode's pipeline, as it is told here."""

    @property
    def ledger(self) -> Post:
        """Return where its records go."""
        ...

    def found(self, finding: Finding) -> None:
        """Take a finding about the episode."""
        ...


class Across:
    """Records arrive in the order in which the ledger gets them. A finding about an episode that is over is only recorded.

    ``baseline``: what honest episodes share.
    """

    def __init__(self, baseline: Baseline | None = None) -> None:
        self._channels = Channels(baseline)
        self._open: WeakValueDictionary[tuple[str, str], Told] = WeakValueDictionary()

    def feed(self, record: Recorded, teller: Told) -> None:
        """Take a record of ``teller``'s episode, and tell what it completes."""
        if record.coordinates is None or isinstance(record, Finding):
            return
        here = (record.coordinates.run, record.coordinates.episode)
        if here not in self._open:
            self._open[here] = teller
        for finding in self._channels.feed(record):
            assert finding.coordinates is not None
            about = self._open.get((finding.coordinates.run, finding.coordinates.episode))
            if about is not None:
                about.found(finding)
            else:
                teller.ledger.post(finding)
        if isinstance(record, EpisodeEnded):
            self._open.pop(here, None)
