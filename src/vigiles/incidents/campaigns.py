"""Incidents of several episodes that belong together: a campaign is one incident over them.

Two incidents are of one *kind* if they are about the same place, wherever it was tried; where there is no place, if they
have the same cause (scanning, say) in the same run. A kind seen in two episodes is a campaign. That is equality of exact
words, so it does not matter in which order incidents become known. A campaign is derived and never stored; only what people
say of it is, as versions under its id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import msgspec

from vigiles.incidents.present import Placed, Versions
from vigiles.incidents.severity import rank
from vigiles.model.canonical import encode
from vigiles.model.incident import Incident
from vigiles.model.union import Recorded

#: Members that a campaign names; the newest, where there are more.
NAMED = 256
_PREFIX = "campaign:"


def kind_of(incident: Incident) -> tuple[str, str]:
    """Return what makes incidents one campaign: ``("egress", "HOST:PORT")``, or the cause's name and the run."""
    name, _, rest = incident.cause.partition(":")
    if name == "egress":
        return name, rest.partition(":")[2]
    return name, incident.coordinates.run if incident.coordinates else ""


def campaign_id(kind: tuple[str, str]) -> str:
    """Return ``inc-`` and 64 bits of SHA-256 over the kind: the same in every reading of every ledger."""
    return "inc-" + hashlib.sha256(encode(["campaign", *kind])).hexdigest()[:16]


def is_campaign(incident: Incident) -> bool:
    """Say whether this is a version of a campaign, not of one episode's incident."""
    return incident.cause.startswith(_PREFIX)


class Known:
    """Incidents and campaigns as they are now, from incident records in any order. ``apart`` says which join no campaign."""

    def __init__(self, apart: Callable[[Incident], bool] = lambda _: False) -> None:
        self._apart = apart
        self._versions: dict[str, Versions] = {}
        self._words: dict[str, Versions] = {}
        self._kinds: dict[tuple[str, str], dict[str, str]] = {}

    def add(self, index: int, version: Incident) -> None:
        """Take one version of an incident, or a word on a campaign."""
        if is_campaign(version):
            self._words.setdefault(version.incident, Versions()).add(index, version)
            return
        self._versions.setdefault(version.incident, Versions()).add(index, version)
        where = version.coordinates
        if where is not None and not self._apart(version):
            self._kinds.setdefault(kind_of(version), {})[version.incident] = where.episode

    def incident(self, name: str) -> Placed | None:
        """Return an incident of one episode."""
        versions = self._versions.get(name)
        return versions.present() if versions else None

    def incidents(self) -> dict[str, Placed]:
        """Return every incident of one episode, in order of first appearance."""
        return {name: versions.present() for name, versions in self._versions.items()}

    def campaign_of(self, incident: Incident) -> Placed | None:
        """Return the campaign that an incident is part of."""
        return None if self._apart(incident) else self._campaign(kind_of(incident))

    def campaigns(self) -> dict[str, Placed]:
        """Return every campaign."""
        made = (self._campaign(kind) for kind in self._kinds)
        return {one[1].incident: one for one in made if one is not None}

    def _campaign(self, kind: tuple[str, str]) -> Placed | None:
        names = self._kinds.get(kind, {})
        if len(set(names.values())) < 2:
            return None
        placed = [self._versions[name].present() for name in names]
        made = join(kind, [one for _, one in placed])
        versions = Versions(grown=(max(index for index, _ in placed), made))
        words = self._words.get(made.incident)
        if words is not None:
            versions.word = words.word
        return versions.present()


def known(records: Iterable[tuple[int, Recorded]], apart: Callable[[Incident], bool] = lambda _: False) -> Known:
    """Return what the incident records among ``records`` say."""
    made = Known(apart)
    for index, record in records:
        if isinstance(record, Incident):
            made.add(index, record)
    return made


def join(kind: tuple[str, str], members: Iterable[Incident]) -> Incident:
    """Return the campaign of ``members``, each in its newest version; their order does not matter."""
    ordered = sorted(members, key=lambda one: (one.aware_us, one.incident))
    named = ordered[-NAMED:]
    worst = max(ordered, key=lambda one: (rank(one.severity), -one.aware_us, one.incident))
    newest = max(ordered, key=lambda one: (one.at.wall_us, one.incident))
    episodes = {one.coordinates.episode: None for one in ordered if one.coordinates is not None}
    established = [one.established_us for one in ordered if one.established_us is not None]
    ended = [one.contained_us for one in ordered if one.contained_us is not None]
    contained = all(one.contained for one in ordered)
    name = campaign_id(kind)
    return msgspec.structs.replace(
        worst,
        id=f"{name}.{len(ordered)}",
        at=newest.at,
        coordinates=None,
        incident=name,
        version=len(ordered),
        state="closed" if all(one.state == "closed" for one in ordered) else "open",
        cause=f"{_PREFIX}{kind[0]}:{kind[1]}",
        title=f"in {len(episodes)} episodes: {worst.title}",
        findings=[one.findings[0] for one in named if one.findings],
        detectors=sorted({detector for one in ordered for detector in one.detectors}),
        techniques=sorted({technique for one in ordered for technique in one.techniques}),
        calls=[],
        responses=[],
        contained=contained,
        occurred_us=min(one.occurred_us for one in ordered),
        aware_us=ordered[0].aware_us,
        established_us=min(established, default=None),
        contained_us=max(ended, default=None) if contained else None,
        note=None,
        expires_us=None,
        by=None,
        rescan=None,
        episodes=list(episodes)[-NAMED:],
        members=[one.incident for one in named],
    )
