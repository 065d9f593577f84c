"""Attribution against truth: where only one step goes, only that step's call may be named."""

from __future__ import annotations

import re

from vigiles.drills.drill import Drill
from vigiles.drills.score.card import AttributionScore, WrongPlace
from vigiles.drills.score.view import NetworkObservation, View
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Bind

_RANGE = re.compile(r"(\d+\.\d+\.\d+\.)(\d{1,3})-(\d{1,3})(:.+)")


def places(record: NetworkObservation) -> set[str]:
    """Return the ways a drill may name where an observation went."""
    match record:
        case DnsQuery():
            return {f"dns {record.name}"}
        case Bind():
            return {f"bind {record.address}:{record.port}"}
        case Flow():
            hosts = {record.host, record.address or record.host}
            ports = {f"{host}:{record.port}" for host in hosts}
            return ports | {f"{place}/{record.protocol}" for place in ports} | {f"{host}:*" for host in hosts}
        case _:
            hosts = {record.address, record.host or record.address}
            return {f"{host}:{record.port}" for host in hosts} | {f"{host}:*" for host in hosts}


def expand(destination: str) -> list[str]:
    """Return a destination as single places: ``203.0.113.40-42:22`` is three of them."""
    found = _RANGE.fullmatch(destination)
    if found is None:
        return [destination]
    network, first, last, rest = found.groups()
    return [f"{network}{number}{rest}" for number in range(int(first), min(int(last), 255) + 1)]


def score_places(drill: Drill, views: list[View]) -> AttributionScore:
    """Compare every network observation of a play with the calls that truly went there."""
    goers: dict[str, set[str]] = {}
    for step in drill.steps:
        for destination in step.destinations:
            for place in expand(destination):
                goers.setdefault(place, set()).add(step.id)
    right = ambiguous = unchecked = 0
    wrong: list[WrongPlace] = []
    for view in views:
        calls = {step.step: step.call for step in view.episode.steps if step.call is not None}
        for record in view.network:
            matched = sorted(place for place in places(record) if place in goers)
            if not matched:
                unchecked += 1
                continue
            truth = sorted({calls[step] for place in matched for step in goers[place] if step in calls})
            named = record.attribution
            if named.grade in ("ambiguous", "none"):
                ambiguous += 1
            elif named.call in truth:
                right += 1
            else:
                wrong.append(
                    WrongPlace(
                        observation=record.id, episode=view.episode.episode, place=matched[0], call=named.call, truth=truth
                    )
                )
    return AttributionScore(right=right, ambiguous=ambiguous, wrong=wrong, unchecked=unchecked)
