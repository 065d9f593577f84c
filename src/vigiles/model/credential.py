"""Credentials that the door holds for an episode: what stands in their place, told without telling it."""

from __future__ import annotations

import msgspec

from vigiles.model.honey import HoneyToken
from vigiles.model.record import Event


class Placeholder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``token``: commitments to the placeholder, named as its credential is. ``hosts``: where the door puts the secret in
    its place, canonical ``host:port``.
    """

    token: HoneyToken
    hosts: list[str]


class CredentialsHeld(Event, frozen=True, kw_only=True, tag="credentials_held"):
    """The door holds credentials; commitments are under ``salt`` (hex). Neither a secret nor a placeholder can be told from
    this.
    """

    salt: str
    placeholders: list[Placeholder]
