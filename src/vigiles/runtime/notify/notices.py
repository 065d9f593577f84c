"""What is worth telling of a ledger's incident records, in their order. Pure: the same records give the same notices."""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.drills.mark import drill_of
from vigiles.incidents.campaigns import campaign_id, is_campaign, join, kind_of
from vigiles.incidents.life_cycle import present_state
from vigiles.incidents.present import Versions
from vigiles.incidents.severity import rank
from vigiles.model.finding import Severity
from vigiles.model.incident import Incident

What = Literal[
    "incident.opened", "incident.worse", "incident.reopened", "incident.loose", "incident.contained",
    "incident.acknowledged", "incident.suppressed", "incident.closed",
    "campaign.seen", "campaign.acknowledged", "campaign.suppressed", "campaign.closed", "test",
]  # fmt: skip

_WORDS: dict[tuple[str, str], What] = {
    ("incident", "open"): "incident.reopened",
    ("incident", "acknowledged"): "incident.acknowledged",
    ("incident", "suppressed"): "incident.suppressed",
    ("incident", "closed"): "incident.closed",
    ("campaign", "open"): "campaign.seen",
    ("campaign", "acknowledged"): "campaign.acknowledged",
    ("campaign", "suppressed"): "campaign.suppressed",
    ("campaign", "closed"): "campaign.closed",
}


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell. ``id`` is the same at every try, for a receiver to drop what came twice; ``index``: its record."""

    id: str
    what: What
    index: int
    incident: Incident
    severity: Severity
    drill: str | None = None


class Teller:
    """Takes every incident record in order. It remembers incidents, a few kilobytes each, and no other record."""

    def __init__(self) -> None:
        self._versions: dict[str, Versions] = {}
        self._words: dict[str, Incident] = {}
        self._kinds: dict[tuple[str, str], tuple[set[str], list[str]]] = {}

    def feed(self, index: int, version: Incident) -> list[Notice]:
        """Return what is to be told once this version is recorded, in order."""
        if is_campaign(version):
            self._words[version.incident] = version
            return [self._notice(index, version, _word("campaign", version))]
        versions = self._versions.setdefault(version.incident, Versions())
        before = versions.present()[1] if versions.grown or versions.word else None
        versions.add(index, version)
        after = versions.present()[1]
        found = [] if self._quiet(after, version) else self._grown(before, after, version)
        notices = [self._notice(index, after, what) for what in found]
        campaign = self._campaign(after) if before is None else None
        if campaign is not None and not self._quiet(campaign, version):
            notices.append(self._notice(index, campaign, "campaign.seen"))
        return notices

    def _grown(self, before: Incident | None, after: Incident, version: Incident) -> list[What]:
        if version.by is not None:
            return [_word("incident", version)]
        if before is None:
            return ["incident.opened"]
        if before.state == "closed" and after.state == "open":
            return ["incident.reopened"]
        if rank(after.severity) > rank(before.severity):
            return ["incident.worse"]
        if before.contained != after.contained:
            return ["incident.contained" if after.contained else "incident.loose"]
        return []

    def _quiet(self, incident: Incident, version: Incident) -> bool:
        """Say whether a person keeps this quiet at the version's time, by a word on it or on its campaign."""
        if version.by is not None:
            return False
        at = version.at.wall_us
        if present_state(incident, at) == "suppressed":
            return True
        word = self._words.get(campaign_id(kind_of(incident)) if not is_campaign(incident) else incident.incident)
        kept = word is not None and present_state(word, at) == "suppressed"
        return kept and word is not None and rank(incident.severity) <= rank(word.severity)

    def _campaign(self, incident: Incident) -> Incident | None:
        """Return the campaign that a new incident makes or doubles: told at 2, 4, 8, ... episodes."""
        where = incident.coordinates
        if where is None or drill_of(where) is not None:
            return None
        episodes, members = self._kinds.setdefault(kind_of(incident), (set(), []))
        members.append(incident.incident)
        count = len(episodes | {where.episode})
        if where.episode in episodes or count < 2 or count & (count - 1):
            episodes.add(where.episode)
            return None
        episodes.add(where.episode)
        return join(kind_of(incident), [self._versions[name].present()[1] for name in members])

    def _notice(self, index: int, incident: Incident, what: What) -> Notice:
        drill = drill_of(incident.coordinates)
        return Notice(id=incident.id, what=what, index=index, incident=incident, severity=incident.severity, drill=drill)


def _word(of: Literal["incident", "campaign"], version: Incident) -> What:
    return _WORDS[of, version.state]
