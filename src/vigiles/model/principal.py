"""Who acts: an agent, a person, a job or a service."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event

PrincipalKind = Literal["agent", "person", "job", "service"]


class Principal(Event, frozen=True, kw_only=True, tag="principal"):
    """A registered principal, as its newest record says. ``key`` is an Ed25519 public key (32 bytes, hex) for those who can
    grant or sign; none where it was ``removed``.
    """

    name: str
    kind: PrincipalKind
    attributes: dict[str, str] = {}
    key: str | None = None
    removed: bool = False
