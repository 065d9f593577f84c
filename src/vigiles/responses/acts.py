"""A response as an act: our own strikes pass the gate like everybody's."""

from __future__ import annotations

from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.incident import Incident
from vigiles.model.response import ResponseKind
from vigiles.model.stamp import Stamp

PRINCIPAL = "vigiles"


def response_act(
    identifier: str,
    at: Stamp,
    coordinates: Coordinates,
    kind: ResponseKind,
    incident: Incident,
    target: str,
) -> Act:
    """Return the act of one response. ``identifier`` is a fresh act id; ``target`` is what is struck: a call, an episode."""
    return Act(
        id=identifier,
        at=at,
        coordinates=coordinates,
        principal=PRINCIPAL,
        kind="response",
        tool=kind,
        arguments={
            "incident": incident.incident,
            "version": incident.version,
            "severity": incident.severity,
            "cause": incident.cause,
            "target": target,
        },
    )
