"""Grants: what a person signs to approve or refuse one exact act, and when that counts.

A grant counts if a registered person's key signed it, over this very act, once, in time, and if the person neither asks nor
runs alone the agent that asks. Whatever does not count is refused with a reason code of its own. Pure: time and the register
of principals are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.signature import holds, labelled, signed
from vigiles.model import canonical
from vigiles.model.act import Act
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.reason import ReasonCode
from vigiles.model.stamp import Stamp

_LABEL = b"vigiles/grant/1\n"
#: A principal's name, as it can be registered.
PERSON = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Word = Literal["approve", "refuse"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What counts for one held act. ``persons`` must approve; ``approvers`` may (empty: every registered person).

    ``operators`` are the registered persons who run the agent that asks: one who runs it alone approves nothing of it.
    """

    persons: int = 1
    approvers: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a grant. ``decided``: nothing more needs to be heard; ``reason`` is then ``granted`` or
    ``grant_refused``. Otherwise ``reason`` is why the grant does not count, None where it does and more are needed.
    """

    decided: bool
    reason: ReasonCode | None


def act_digest(act: Act) -> str:
    """Return the SHA-256 of the act's canonical bytes, which no other act has: they hold its id and its place."""
    return canonical.digest(act)


def payload(act_sha256: str, principal: str, decision: Word, nonce: str, expires_us: int) -> bytes:
    """Return the bytes that a grant's signature is over."""
    return labelled(
        _LABEL,
        {
            "act_sha256": act_sha256,
            "decision": decision,
            "expires_us": expires_us,
            "nonce": nonce,
            "principal": principal,
        },
    )


def sign_grant(
    act: Act, principal: str, decision: Word, key: Ed25519PrivateKey, *, nonce: str, expires_us: int, id: str, at: Stamp
) -> Grant:
    """Return a signed grant. ``nonce`` is to be used once; ``expires_us`` is wall time."""
    digest = act_digest(act)
    return Grant(
        id=id,
        at=at,
        coordinates=act.coordinates,
        act_sha256=digest,
        principal=principal,
        decision=decision,
        nonce=nonce,
        expires_us=expires_us,
        signature=signed(payload(digest, principal, decision, nonce, expires_us), key),
    )


def register(records: Iterable[Principal]) -> dict[str, Principal]:
    """Return who is registered, by name; ``records`` come oldest first, and the newest of a name counts."""
    known: dict[str, Principal] = {}
    for record in records:
        if record.coordinates is not None:
            continue  # of an episode, not of the installation
        if record.removed:
            known.pop(record.name, None)
        else:
            known[record.name] = record
    return known


class Hearing:
    """One held act before those who may approve it. ``used`` are nonces of grants heard anywhere; it grows."""

    def __init__(self, act: Act, used: set[str]) -> None:
        self._act = act
        self._digest = act_digest(act)
        self._used = used
        self._approved: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """The digest of the act."""
        return self._digest

    @property
    def approved(self) -> Sequence[str]:
        """Who has approved so far."""
        return list(self._approved)

    def hear(self, grant: Grant, terms: Terms, known: Mapping[str, Principal], now_us: int) -> Heard:
        """Return what becomes of ``grant`` at ``now_us`` (wall clock). ``known``: who is registered."""
        wrong = self._wrong(grant, terms, known, now_us)
        if wrong is not None:
            return Heard(decided=False, reason=wrong)
        self._used.add(grant.nonce)
        if grant.decision == "refuse":
            return Heard(decided=True, reason="grant_refused")
        self._approved[grant.principal] = known[grant.principal].key or ""
        if len(self._approved) >= terms.persons:
            return Heard(decided=True, reason="granted")
        return Heard(decided=False, reason=None)

    def late(self) -> ReasonCode:
        """Return the reason of the refusal when the time is over."""
        return "grant_alone" if self._approved else "hold_expired"

    def _wrong(self, grant: Grant, terms: Terms, known: Mapping[str, Principal], now_us: int) -> ReasonCode | None:
        person = known.get(grant.principal)
        if person is None or person.kind != "person" or person.key is None:
            return "grant_unknown"
        told = payload(grant.act_sha256, grant.principal, grant.decision, grant.nonce, grant.expires_us)
        if grant.act_sha256 != self._digest or not holds(told, grant.signature, _key(person.key)):
            return "grant_altered"
        if grant.nonce in self._used:
            return "grant_replayed"
        if grant.expires_us <= now_us:
            return "grant_expired"
        if grant.decision == "refuse":
            return None  # everybody who is registered may say no
        if grant.principal == self._act.principal or terms.operators == (grant.principal,):
            return "grant_self"
        if terms.approvers and grant.principal not in terms.approvers:
            return "grant_unlisted"
        if grant.principal in self._approved or person.key in self._approved.values():
            return "grant_alone"  # a second word of the same person, or of the same key, is no second person
        return None


def _key(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
