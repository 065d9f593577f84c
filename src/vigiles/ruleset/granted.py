"""The grants on record, checked again: did each act that happened on persons' approval carry the grants that it needed?

For an auditor, long after: records come in the order of the ledger, once, and only what later ones need is kept: who is
registered, which acts wait, and the nonces. Whatever the gate's own hearing (:mod:`vigiles.ruleset.grants`) would not have
counted is a problem here, unless the ledger shows that it was turned away then. What an erasure took away cannot be checked;
it is counted, and never as valid. Pure: :class:`Places` looks further back, and time is the records' own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vigiles.ledger.erasure import OPERATOR, signature_holds
from vigiles.model.act import Act
from vigiles.model.episode import EpisodeOpened
from vigiles.model.erasure import Erasure
from vigiles.model.errors import VigilesError
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded, decode
from vigiles.model.verdict import Verdict
from vigiles.ruleset.given import Given, Waiting, not_counted, signed, unhex

if TYPE_CHECKING:
    from vigiles.ruleset.compile import Ruleset

#: The types of the records to be shown, in order.
KINDS = frozenset({"verdict", "grant", "principal", "ruleset", "erasure", "episode_opened", "episode_ended"})
#: The tier of an evaluation's episodes: their reviewers are registered for their episode alone.
SIMULATED = "simulated"
_ALLOWS = ("allow", "modify")


class Places(Protocol):
    """What stands elsewhere in the same ledger."""

    def act(self, id: str, before: int) -> tuple[int, bytes | None] | None:
        """Return index and body of the last act with this id before an index; the body is None where it was erased."""
        ...

    def erased(self, episode: str | None, call: int | None) -> Mapping[str, int]:
        """Return how many bodies of a call were erased, by type."""
        ...


@dataclass
class Findings:
    """``checked``: grants whose signature, signer, nonce and act hold; ``acts``: that were granted by enough of them;
    ``turned_away``: grants that do not hold, and were refused on record; ``erased``: grants whose bodies are erased;
    ``unknown``: grants and granted acts that cannot be checked, because of what was erased; ``erasures``: by the grant of a
    registered principal. ``problems``: index, in words.
    """

    checked: int = 0
    acts: int = 0
    turned_away: int = 0
    erased: int = 0
    unknown: int = 0
    erasures: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)


class GrantsAudit:
    """Shown the records of :data:`KINDS` one after the other, it says at the end what it found.

    ``compiled`` makes a ruleset of its text and raises :class:`VigilesError` where it is none. The ledger must have been
    verified: its bodies are then what was written, and its columns follow from them.
    """

    def __init__(self, places: Places, compiled: Callable[[str], Ruleset]) -> None:
        self._places = places
        self._compiled = compiled
        self._told = Findings()
        self._people: dict[str, Principal] = {}
        #: Who is registered for an open episode alone; None where the episode is no simulation, and so nobody can be.
        self._reviewers: dict[str, dict[str, Principal] | None] = {}
        self._unclear: set[str] = set()
        self._texts: dict[str, str] = {}
        self._asks: dict[str, tuple[dict[str, int], list[str]]] = {}
        self._waiting: dict[str, Waiting] = {}
        self._known: set[bytes] = set()
        self._nonces: dict[str, int] = {}
        self._given: dict[bytes, list[Given]] = {}
        self._suspects: dict[str, list[tuple[int, str]]] = {}

    def see(self, index: int, kind: str, episode: str | None, record: Recorded | None) -> None:
        """Take the next record; None stands for one whose body was erased."""
        if isinstance(record, Verdict):
            self._verdict(index, record)
        elif isinstance(record, Grant):
            self._grant(index, record)
        elif isinstance(record, Principal):
            self._principal(record)
        elif isinstance(record, RulesetInForce):
            # Others ask for one person, whoever it is: nothing to keep.
            if ("@persons" in record.text or "approvers" in record.text) and _names(record):
                self._texts[record.digest] = record.text
        elif isinstance(record, Erasure):
            self._erasure(index, record)
        elif kind == "grant":
            self._told.erased += 1
        elif episode is not None and kind == "episode_opened":
            self._opened(episode, record)
        elif episode is not None and kind == "episode_ended":
            self._ended(episode)

    def finish(self) -> Findings:
        """Say what was found. To be called once."""
        told = self._told
        for digest, given in self._given.items():
            for one in given if digest not in self._known else ():
                where = one.grant.coordinates
                gone = self._places.erased(where.episode, where.call) if where is not None else {}
                told.checked -= 1
                if gone.get("act") or gone.get("verdict"):
                    told.unknown += 1
                else:
                    who = f"the grant by {one.grant.principal!r}"
                    told.problems.append((one.index, f"{who} is for an act that is not there, or that never waited"))
        told.problems += [problem for found in self._suspects.values() for problem in found]
        told.problems.sort()
        return told

    def _opened(self, episode: str, record: Recorded | None) -> None:
        if episode in self._reviewers:
            return  # the first opening says what an episode is
        if record is None:
            self._unclear.add(episode)
        simulated = isinstance(record, EpisodeOpened) and record.tier == SIMULATED
        self._reviewers[episode] = {} if simulated or record is None else None

    def _ended(self, episode: str) -> None:
        self._reviewers.pop(episode, None)
        self._unclear.discard(episode)
        for act in [act for act, waiting in self._waiting.items() if waiting.episode == episode]:
            self._closed(act)

    def _closed(self, act: str) -> None:
        waiting = self._waiting.pop(act)
        if waiting.digest is not None:
            self._given.pop(waiting.digest, None)

    def _principal(self, record: Principal) -> None:
        people: dict[str, Principal] | None = self._people
        if record.coordinates is not None:
            people = self._reviewers.get(record.coordinates.episode)
        if people is None:
            return  # of an episode that is no simulation: it counts nowhere
        if record.removed:
            people.pop(record.name, None)
        else:
            people[record.name] = record

    def _erasure(self, index: int, erasure: Erasure) -> None:
        """Its signature was checked against the newest key of that name; here it must be of the installation's register."""
        if erasure.principal == OPERATOR:
            return
        who = self._people.get(erasure.principal)
        if who is not None and signature_holds(erasure, unhex(who.key)):
            self._told.erasures += 1
        else:
            self._problem(index, f"the erasure is by {erasure.principal!r}, whose key was registered for an episode alone")

    def _grant(self, index: int, grant: Grant) -> None:
        episode = "" if grant.coordinates is None else grant.coordinates.episode
        reviewers = self._reviewers.get(episode) or {}
        person = reviewers.get(grant.principal) or self._people.get(grant.principal)
        unsure = episode in self._unclear and grant.principal in reviewers
        wrong = None
        earlier = self._nonces.get(grant.nonce)
        if person is None or person.kind != "person" or person.key is None:
            wrong = f"the grant is by {grant.principal!r}, who was not registered then as a person with a key"
        elif not signed(grant, person.key):
            wrong = f"the grant is not signed by the key that was registered then for {grant.principal!r}"
        elif earlier is not None:
            wrong = f"the grant by {grant.principal!r} has a nonce that record {earlier} has used"
        if wrong is not None:
            self._suspects.setdefault(grant.id, []).append((index, wrong))
            return
        self._nonces[grant.nonce] = index
        self._told.checked += not unsure
        self._told.unknown += unsure
        try:
            digest = bytes.fromhex(grant.act_sha256)
        except ValueError:
            digest = grant.act_sha256.encode()
        self._given.setdefault(digest, []).append(Given(index, grant, person, unsure))

    def _verdict(self, index: int, verdict: Verdict) -> None:
        waiting = self._waiting.get(verdict.act)
        if verdict.decision == "hold":
            if waiting is None:
                waiting = self._waiting[verdict.act] = self._about(index, verdict)
                waiting.persons = self._persons(verdict)
            if verdict.reason.startswith("grant_"):
                self._turn_away(waiting, verdict.rules)
        elif verdict.reason == "granted" or (waiting is not None and verdict.decision in _ALLOWS):
            about = waiting or self._about(index, verdict)
            self._granted(index, verdict, about)
            self._waiting.pop(verdict.act, None)
            if about.digest is not None:
                self._given.pop(about.digest, None)
        elif waiting is not None:
            self._closed(verdict.act)

    def _about(self, index: int, verdict: Verdict) -> Waiting:
        waiting = Waiting(None if verdict.coordinates is None else verdict.coordinates.episode)
        found = self._places.act(verdict.act, index)
        if found is None:
            return waiting
        body = found[1]
        act = None if body is None else decode(body)
        if body is None or not isinstance(act, Act):
            waiting.erased = True
            return waiting
        # Of the bytes themselves: a later Vigiles may know fields that this act was written without.
        waiting.digest = hashlib.sha256(body).digest()
        waiting.principal, waiting.coordinates = act.principal, act.coordinates
        self._known.add(waiting.digest)
        return waiting

    def _turn_away(self, waiting: Waiting, grants: list[str]) -> None:
        """A verdict said then that these grants do not count."""
        for grant in grants:
            found = self._suspects.get(grant)
            if found:
                found.pop()
                self._told.turned_away += 1
            else:
                waiting.turned.add(grant)

    def _granted(self, index: int, verdict: Verdict, waiting: Waiting) -> None:
        """Count the grants that an act had when it was allowed."""
        if waiting.digest is None:
            if waiting.erased:
                self._told.unknown += 1
            else:
                self._problem(index, f"{verdict.act} was allowed as granted, and no such act is there before it")
            return
        needed = max(waiting.persons, self._persons(verdict))
        _, approvers = self._asked(verdict.ruleset)
        approved: dict[str, str | None] = {}
        unsure = 0
        why: list[str] = []
        for one in self._given.get(waiting.digest, []):
            if one.grant.id in waiting.turned:
                continue
            wrong = not_counted(one, verdict, waiting, approvers, approved)
            if wrong is not None:
                why.append(wrong)
            elif one.unsure:
                unsure += 1
            elif one.grant.decision == "approve":
                approved[one.grant.principal] = one.person.key if one.person is not None else None
            elif len(approved) < needed:
                self._problem(index, f"{verdict.act} was allowed as granted, after {one.grant.principal!r} had refused it")
                return
        if len(approved) >= needed:
            self._told.acts += 1
            return
        where = waiting.coordinates
        gone = self._places.erased(where.episode, where.call) if where is not None else {}
        if len(approved) + unsure + gone.get("grant", 0) >= needed:
            self._told.unknown += 1
            return
        said = f" ({'; '.join(why)})" if why else ""
        grants = "grant" if needed == 1 else "grants"
        self._problem(index, f"{verdict.act} was allowed as granted with {len(approved)} of {needed} {grants}{said}")

    def _persons(self, verdict: Verdict) -> int:
        """Return how many persons a verdict and the rules that it names ask for, as far as the ledger tells."""
        rules, _ = self._asked(verdict.ruleset)
        return max([verdict.persons or 1, *(rules.get(name, 1) for name in verdict.rules)])

    def _asked(self, digest: str) -> tuple[dict[str, int], list[str]]:
        """Return how many persons each rule of a ruleset asks for, and who may approve; nothing where it cannot be known."""
        text = self._texts.get(digest)
        if text is None:
            return {}, []
        if digest not in self._asks:
            try:
                ruleset = self._compiled(text)
                told = {rule.id: rule.persons for rule in ruleset.rules}, ruleset.profile.approvals.approvers
            except (VigilesError, LookupError, ValueError, TypeError):
                told = {}, []  # not a profile's text, or one that this Vigiles no longer reads
            self._asks[digest] = told
        return self._asks[digest]

    def _problem(self, index: int, what: str) -> None:
        self._told.problems.append((index, what))


def _names(record: RulesetInForce) -> bool:
    return hashlib.sha256(record.text.encode()).hexdigest() == record.digest
