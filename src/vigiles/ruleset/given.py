"""A grant as it stands on record, beside an act that waits for one: is it signed, and does it count?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vigiles.ledger.signature import holds
from vigiles.model.coordinates import Coordinates
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.verdict import Verdict
from vigiles.ruleset.grants import payload

#: A grant is heard before its verdict is stamped; so long, microseconds, the way between the two may have taken.
LEEWAY_US = 10_000_000


@dataclass(slots=True)
class Given:
    """A grant whose signature holds, and the signer as registered then. ``unsure``: nobody can say whether it counts."""

    index: int
    grant: Grant
    person: Principal | None
    unsure: bool


@dataclass(slots=True)
class Waiting:
    """An act that persons are asked about. ``digest`` is None where the act is not there, or was erased."""

    episode: str | None
    digest: bytes | None = None
    erased: bool = False
    principal: str = ""
    coordinates: Coordinates | None = None
    persons: int = 1
    turned: set[str] = field(default_factory=set)


def not_counted(
    one: Given, verdict: Verdict, waiting: Waiting, approvers: list[str], approved: Mapping[str, str | None]
) -> str | None:
    """Return why a grant that is signed well does not count towards this verdict; None where it does."""
    grant, who = one.grant, repr(one.grant.principal)
    if grant.coordinates != waiting.coordinates:
        return f"that of {who} stands at another call"
    if grant.expires_us + LEEWAY_US <= verdict.at.wall_us:
        return f"that of {who} had expired"
    if grant.decision == "refuse":
        return None
    if grant.principal == waiting.principal:
        return f"{who} asked for it"
    if approvers and grant.principal not in approvers:
        return f"{who} is not one of those who may approve"
    if grant.principal in approved or (one.person is not None and one.person.key in approved.values()):
        return f"that of {who} is a second of the same person or key"
    return None


def signed(grant: Grant, key: str) -> bool:
    """Say whether a grant is signed by a key, given in hexadecimal."""
    told = payload(grant.act_sha256, grant.principal, grant.decision, grant.nonce, grant.expires_us)
    return holds(told, grant.signature, unhex(key))


def unhex(key: str | None) -> bytes:
    """Return the bytes of a key in hexadecimal; none where it is no key."""
    try:
        return bytes.fromhex(key or "")
    except ValueError:
        return b""
