"""Which acts wait for a person in a home, and a person's signed word on one of them.

A held act waits where its last verdict is a ``hold`` whose time is not over and its episode has not ended. The word is an
act of the person who signs, judged by the rules of the episode, and a grant; the supervisor of the episode then says whether
it counts.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.home import Home
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader, reading
from vigiles.model.act import Act
from vigiles.model.errors import InputInvalid, NotFound
from vigiles.model.grant import Grant
from vigiles.model.union import Recorded, decode
from vigiles.model.verdict import Verdict
from vigiles.ruleset.grants import Word, act_digest, sign_grant
from vigiles.ruleset.judge import PrincipalRef
from vigiles.runtime.approving.persons_act import Deed, do
from vigiles.runtime.approving.principals import find
from vigiles.runtime.approving.review import ruleset_in_force

#: No hold lasts longer (:data:`vigiles.ruleset.profile.Wait`).
_LONGEST_US = 86_400_000_000
_LOOK_S = 0.1


@dataclass(frozen=True)
class Waiting:
    """An act that waits. ``grants`` were given so far; ``said`` are the verdicts since, on grants that do not count."""

    index: int
    act: Act
    held: Verdict
    grants: list[Grant] = field(default_factory=list)
    said: list[Verdict] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """What a grant signs of the act."""
        return act_digest(self.act)

    @property
    def counted(self) -> list[str]:
        """Who has approved, as far as nobody said that it does not count."""
        wrong = {grant for verdict in self.said for grant in verdict.rules}
        return list(dict.fromkeys(one.principal for one in self.grants if one.id not in wrong))


def waiting(home: Path) -> list[Waiting]:
    """Return what waits now, oldest first. Raises :class:`LedgerInvalid`, :class:`InputInvalid`."""
    now_us = now().wall_us
    found = []
    for index, held in _holds(home, now_us):
        with LedgerReader(home) as reader:
            one = _waiting(reader, index, held)
        if one is not None and (held.expires_us or 0) > now_us:
            found.append(one)
    return found


def choose(home: Path, asked: str) -> Waiting:
    """Return the one that a person names: an act's id, an unambiguous beginning of it, or ``last``.

    Raises :class:`NotFound`, :class:`InputInvalid`.
    """
    known = waiting(home)
    if asked == "last" and known:
        return known[-1]
    matches = [one for one in known if one.act.id == asked] or [
        one for one in known if len(asked) >= 4 and one.act.id.removeprefix("act-").startswith(asked.removeprefix("act-"))
    ]
    if not matches:
        if asked == "last":
            raise NotFound("nothing waits for approval", "It may be over: what came of it is in the ledger.")
        raise NotFound(f"no act that waits is called {asked[:64]!r}", "See what waits: vigiles approvals list")
    if len(matches) > 1:
        raise InputInvalid(f"{asked[:64]!r} could be {len(matches)} acts", "Give more of the id.")
    return matches[0]


def speak(home: Path, one: Waiting, name: str, word: Word, key: Ed25519PrivateKey) -> Grant:
    """Sign a word on a waiting act as ``name``, and record it once the rules let that person speak.

    Raises :class:`NotFound` for who is not registered, :class:`InputInvalid` for another's key, :class:`Refused`.
    """
    who = find(home, name)
    if who.kind != "person" or who.key is None:
        raise InputInvalid(f"{name} is registered as {who.kind} without a say", "A person with a key grants.")
    if key.public_key().public_bytes_raw().hex() != who.key:
        raise InputInvalid(f"this is not the key that is registered for {name}", "Sign with your own key file.")
    where = one.act.coordinates
    if where is None or one.held.expires_us is None:
        raise InputInvalid("this act belongs to no episode", "It is refused by itself.")
    grant = sign_grant(
        one.act,
        name,
        word,
        key,
        nonce=secrets.token_hex(16),
        expires_us=one.held.expires_us,
        id=new_id("grt"),
        at=now(),
    )
    do(home, _deed(home, who.attributes, grant, one), lambda: [grant])
    return grant


def outcome(home: Path, grant: Grant, one: Waiting, patience_s: float) -> Verdict | None:
    """Return what the episode's supervisor said after a grant; None where it said nothing in time, as where more persons
    must approve.
    """
    where = one.act.coordinates
    deadline = time.monotonic() + patience_s
    while True:
        with LedgerReader(home) as reader:
            after = next((index for index, _ in reader.records(id=grant.id)), None)
            said = [
                record
                for _, record in reader.records(
                    type="verdict", episode=where.episode if where else None, call=where.call if where else None, after=after
                )
                if isinstance(record, Verdict) and record.act == one.act.id
            ]
        told = [verdict for verdict in said if verdict.decision != "hold" or grant.id in verdict.rules]
        if told or time.monotonic() > deadline:
            return told[0] if told else None
        time.sleep(_LOOK_S)


def _deed(home: Path, attributes: dict[str, str], grant: Grant, one: Waiting) -> Deed:
    where = one.act.coordinates
    assert where is not None
    return Deed(
        PrincipalRef(kind="person", name=grant.principal, attributes=attributes),
        "grant_act" if grant.decision == "approve" else "refuse_act",
        {"act": one.act.id, "act_sha256": grant.act_sha256, "nonce": grant.nonce, "expires_us": grant.expires_us},
        ruleset_in_force(home, where.episode),
        msgspec.structs.replace(where, call=None, turn=None, label=None),
    )


def _holds(home: Path, now_us: int) -> list[tuple[int, Verdict]]:
    """Return the holds that persons were asked about and that may still wait. A home without a ledger has none."""
    try:
        reader = Reader(Home(home).database)
    except NotFound:
        return []
    statement = (
        "SELECT idx, body FROM entries WHERE wall_us >= ? AND +type = 'verdict' AND body IS NOT NULL"
        ' AND instr(body, CAST(\'"decision":"hold"\' AS BLOB)) ORDER BY idx'
    )
    found: list[tuple[int, Recorded]] = []
    try:
        with reading(reader.path):
            for index, body in reader.db.execute(statement, (now_us - _LONGEST_US,)):
                found.append((int(index), decode(body)))
    finally:
        reader.close()
    first: dict[str, tuple[int, Verdict]] = {}
    for index, record in found:
        if isinstance(record, Verdict) and record.expires_us is not None and record.expires_us > now_us:
            first.setdefault(record.act, (index, record))
    return list(first.values())


def _waiting(reader: LedgerReader, index: int, held: Verdict) -> Waiting | None:
    where = held.coordinates
    act = next((record for _, record in reader.records(id=held.act) if isinstance(record, Act)), None)
    if act is None or (where is not None and next(reader.records(type="episode_ended", episode=where.episode), None)):
        return None
    episode, call = (where.episode, where.call) if where is not None else (None, None)
    later = [record for _, record in reader.records(type="verdict", episode=episode, call=call, after=index)]
    verdicts = [record for record in later if isinstance(record, Verdict) and record.act == act.id]
    if any(verdict.decision != "hold" for verdict in verdicts):
        return None
    grants = [record for _, record in reader.records(type="grant", episode=episode, call=call, after=index)]
    digest = act_digest(act)
    mine = [grant for grant in grants if isinstance(grant, Grant) and grant.act_sha256 == digest]
    return Waiting(index, act, held, mine, verdicts)
