"""Credentials that open nothing, placed where only a thief would use them."""

from __future__ import annotations

import msgspec

from vigiles.model.record import Event


class HoneyMark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One spelling of a token, told without telling it: its first characters, its length, and SHA-256 of salt and spelling.

    ``form``: ``plain``, ``hex``, ``base64`` (in one of three alignments), or ``folded`` (lower-case letters and digits only,
    as in a DNS name).
    """

    form: str
    anchor: str
    length: int
    sha256: str


class HoneyToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``name`` says where it was placed, as ``file:PATH`` or ``environment:NAME``."""

    name: str
    marks: list[HoneyMark]


class HoneyPlaced(Event, frozen=True, kw_only=True, tag="honey_placed"):
    """The honey tokens of an episode, by commitments under ``salt`` (hex). Whoever reads this cannot tell a token."""

    salt: str
    tokens: list[HoneyToken]
