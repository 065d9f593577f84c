"""All detectors, and the one that feeds them: every record of a ledger goes in, in order, findings come out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from vigiles.detectors.channels.channels import Channels
from vigiles.detectors.claimed_observed import ClaimedObserved
from vigiles.detectors.credentials import Credentials
from vigiles.detectors.denied_egress import DeniedEgress
from vigiles.detectors.disagreement import Disagreement
from vigiles.detectors.disguise.disguise import Disguise
from vigiles.detectors.exfiltration import Exfiltration
from vigiles.detectors.honey import Honey
from vigiles.detectors.interface import Detector
from vigiles.detectors.metadata import Metadata
from vigiles.detectors.outlived_compute import OutlivedCompute
from vigiles.detectors.reverse_tunnel import ReverseTunnel
from vigiles.detectors.rule import Rule
from vigiles.detectors.scanning import Scanning
from vigiles.detectors.stratum import Stratum
from vigiles.model.episode import EpisodeEnded
from vigiles.model.finding import Finding
from vigiles.model.union import Recorded

#: In the order in which findings on one record are given.
DETECTORS: tuple[Callable[[], Detector], ...] = (
    ReverseTunnel,
    Stratum,
    Scanning,
    Metadata,
    DeniedEgress,
    ClaimedObserved,
    OutlivedCompute,
    Disguise,
    Disagreement,
    Honey,
    Exfiltration,
    Credentials,
)
#: Fed the records of all episodes; :mod:`vigiles.runtime.detecting.across` has them live.
ACROSS: tuple[Callable[[], Detector], ...] = (Channels,)
#: Episodes watched at once; an ended one is forgotten first.
EPISODES = 512


def rules() -> list[Rule]:
    """Return every rule of every detector."""
    return [rule for make in (*DETECTORS, *ACROSS) for rule in make().rules]


class Detectors:
    """A set of detectors for each episode. Records without coordinates belong to no episode and are not fed."""

    def __init__(self, make: Sequence[Callable[[], Detector]] = DETECTORS, episodes: int = EPISODES) -> None:
        self._make = tuple(make)
        self._limit = episodes
        self._episodes: OrderedDict[tuple[str, str], list[Detector]] = OrderedDict()
        self._takers: dict[type, list[int]] = {}

    def feed(self, record: Recorded) -> list[Finding]:
        """Feed one record to its episode's detectors; return the findings it completes."""
        if record.coordinates is None or isinstance(record, Finding):
            return []
        key = (record.coordinates.run, record.coordinates.episode)
        detectors = self._episodes.get(key)
        if detectors is None:
            detectors = self._episodes[key] = [make() for make in self._make]
            if len(self._episodes) > self._limit:
                self._episodes.popitem(last=False)
        takers = self._takers.get(type(record))
        if takers is None:
            takers = self._takers[type(record)] = [at for at, one in enumerate(detectors) if isinstance(record, one.takes)]
        findings = [finding for at in takers for finding in detectors[at].feed(record)]
        if isinstance(record, EpisodeEnded) and key in self._episodes:
            self._episodes.move_to_end(key, last=False)
        return findings
