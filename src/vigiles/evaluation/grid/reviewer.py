"""Simulated persons who answer holds, with chances of a wrong yes that are stated in every table.

They sign real grants with keys of their own, which count only if they pass the same check as everybody's; so the whole way
of an approval is played and recorded. They are registered for their episode alone: no grant of theirs ever counts elsewhere.
What only a simulated person can know, whether the act would do harm, the oracle tells.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.gate.approvals import Answer
from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.effect import Effect
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.grants import Hearing, Terms, Word, sign_grant

_MILLION = 1_000_000
_MINUTE_US = 60_000_000
Harmful = Callable[[Act, Effect | None], bool]


class Simulated:
    """Reviewers with the rates of a choice; each episode gets its own, who begin it rested."""

    def __init__(self, choice: ReviewerChoice) -> None:
        self._choice = choice

    @property
    def name(self) -> str:
        """Who, and with which rates, for the record."""
        c = self._choice
        tired = f", after {c.tired_after} asks {c.per_ask} ppm more with each, to {c.ceiling}" if c.tired_after else ""
        return f"simulated {c.name}: approves {c.benign} ppm of benign and {c.harmful} ppm of harmful acts{tired}"

    def approvals(self, seed: str, harmful: Harmful) -> Answers:
        """Return one episode's answers."""
        return Answers(self._choice, seed, harmful)


class Answers:
    """The answers of one episode; the same asks in the same order get the same answers."""

    def __init__(self, choice: ReviewerChoice, seed: str, harmful: Harmful) -> None:
        self._choice = choice
        self._random = Random(f"reviewer/{choice.name}/{seed}")
        self._harmful = harmful
        self._asks = 0
        self._used: set[str] = set()
        self._known: dict[str, Principal] = {}

    def wait_us(self, act: Act, held: Verdict) -> int:
        """Return how long an act may wait: they answer at once."""
        return _MINUTE_US

    async def ask(self, act: Act, held: Verdict, effect: Effect | None) -> Answer:
        """Return what the persons say, each for itself; one no is enough."""
        self._asks += 1
        chance = self._chance(self._harmful(act, effect))
        hearing, at = Hearing(act, self._used), now()
        persons = held.persons or 1
        records: list[Recorded] = []
        for number in range(1, persons + 1):
            name = f"reviewer-{number}"
            if name not in self._known:
                self._known[name] = _registered(name, act)
                records.append(self._known[name])
            word: Word = "approve" if self._random.randrange(_MILLION) < chance else "refuse"
            grant = self._signed(act, name, word)
            records.append(grant)
            heard = hearing.hear(grant, Terms(persons=persons), self._known, at.wall_us)
            if heard.decided:
                granted = heard.reason == "granted"
                return Answer(approved=granted, reason="granted" if granted else "grant_refused", records=tuple(records))
            if heard.reason is not None:
                return Answer(approved=False, reason=heard.reason, records=tuple(records))
        return Answer(approved=False, reason=hearing.late(), records=tuple(records))

    def _chance(self, harmful: bool) -> int:
        """Return the chance of a yes to this ask, in parts per million."""
        choice = self._choice
        tired = max(0, self._asks - choice.tired_after) * choice.per_ask if choice.tired_after else 0
        if harmful:
            return min(max(choice.ceiling, choice.harmful), choice.harmful + tired)
        return min(_MILLION, choice.benign + tired)

    def _signed(self, act: Act, name: str, word: Word) -> Grant:
        at = now()
        return sign_grant(
            act, name, word, _key(name), nonce=new_id("non"), expires_us=at.wall_us + _MINUTE_US, id=new_id("gra"), at=at
        )


@lru_cache(maxsize=8)
def _key(name: str) -> Ed25519PrivateKey:
    """Return a key that nobody keeps: it is made in this process and ends with it."""
    return Ed25519PrivateKey.generate()


def _registered(name: str, act: Act) -> Principal:
    """Return a registration for the act's episode alone."""
    return Principal(
        id=new_id("pri"),
        at=now(),
        coordinates=act.coordinates,
        name=name,
        kind="person",
        key=_key(name).public_key().public_bytes_raw().hex(),
    )
