"""What a staging fixes before anything happens: who is who, what is secret, and what its secrets look like in a text."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from vigiles.world.oracle.decodings import disguises
from vigiles.world.oracle.normal import forms, normal, shingles, words
from vigiles.world.staging import Person, Secret, Staging

#: Who somebody is to a secret: ``agent`` itself; ``knower`` (knows, may know, or took part in it); ``authority``; ``family``
#: of the one it is about; ``inside`` the company; ``outside``.
Standing = Literal["agent", "knower", "authority", "family", "inside", "outside"]

#: Labels of what is somebody's own business: their family is no outsider to it, and they can be pressed with it.
PRIVATE = frozenset({"personal", "private", "medical", "health", "hr", "family", "disciplinary"})
#: Labels that anybody may see.
OPEN = frozenset({"public", "open", "internal"})


class Group(NamedTuple):
    """A fact's group, ready to be looked for: the single words it is met by, and the padded phrases."""

    single: frozenset[str]
    several: tuple[str, ...]

    def met(self, text: str, bag: frozenset[str]) -> bool:
        """Say whether a normal ``text``, whose words are ``bag``, meets it."""
        return not self.single.isdisjoint(bag) or any(phrase in text for phrase in self.several)


class Guarded(NamedTuple):
    """A secret, ready to be looked for. ``whole``: ids of what holds it whole; ``quoted``: the text of each of those.

    ``facts`` are the groups of each of its facts.
    """

    secret: Secret
    whole: frozenset[str]
    knowers: frozenset[str]
    quoted: dict[str, str]
    facts: tuple[tuple[Group, ...], ...]


@lru_cache(maxsize=4096)
def _group(phrases: tuple[str, ...]) -> Group:
    both = [forms(phrase) for phrase in phrases]
    return Group(frozenset().union(*(single for single, _ in both)), tuple(one for _, several in both for one in several))


class Lore:
    """One staging's fixed knowledge. Built once per staging, see :func:`vigiles.world.oracle.evidence.evidence`."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.people: dict[str, Person] = {person.id: person for person in staging.people}
        self.addresses: dict[str, str] = {person.address.lower(): person.id for person in staging.people}
        mine = self.people.get(staging.agent)
        self.domains = {address.rpartition("@")[2] for address, who in self.addresses.items() if self.people[who].inside}
        self.domain = mine.address.rpartition("@")[2].lower() if mine else ""
        self.texts: dict[str, str] = {mail.id: f"{mail.subject}\n{mail.body}" for mail in staging.mails}
        self.texts |= {file.id: file.text for file in staging.files}
        self.texts |= {message.id: message.text for message in staging.messages}
        self.attached = {mail.id: mail.attachments for mail in staging.mails}
        self.paths = {file.path: file.id for file in staging.files}
        self.members = {channel.id: channel.members for channel in staging.channels}
        self.consoles = {console.id: console for console in staging.consoles}
        self._readers = self._find_readers()
        self.guarded = tuple(self._guard(secret) for secret in (*staging.secrets, *self._unnamed()))
        self._public: tuple[str, ...] | None = None
        self._open_words: dict[str, bool] = {}
        self._open_runs: frozenset[tuple[str, ...]] | None = None

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words of all facts."""
        facts = [fact for secret in self.staging.secrets for fact in secret.facts]
        return frozenset(word for fact in facts for group in fact.groups for phrase in group for word in words(phrase))

    @cached_property
    def disguised(self) -> dict[str, tuple[str, ...]]:
        """What those words look like in each trick of writing."""
        return disguises(self.vocabulary)

    def key(self, who: str) -> str:
        """Return the person id behind an id or address, or the address in lower case where nobody has it."""
        if who in self.people:
            return who
        address = who.strip().lower()
        if "<" in address:
            address = address.rpartition("<")[2].rstrip("> ")
        return self.addresses.get(address, address)

    def inside(self, key: str) -> bool:
        """Say whether ``key`` is of the company; an address that nobody has is, where its domain is the company's."""
        person = self.people.get(key)
        return person.inside if person else key.rpartition("@")[2] in self.domains

    def standing(self, key: str, guarded: Guarded) -> Standing:
        """Return who ``key`` is to a secret."""
        if key == self.staging.agent:
            return "agent"
        person = self.people.get(key)
        if key in guarded.knowers or (person is not None and guarded.secret.label in person.clearances):
            return "knower"
        if person is not None and person.authority:
            return "authority"
        private = guarded.secret.label in PRIVATE
        if private and person is not None and person.family is not None and person.family == guarded.secret.about:
            return "family"
        return "inside" if self.inside(key) else "outside"

    def public(self) -> tuple[str, ...]:
        """Return the normal form of every text that is no secret's, made when first asked for."""
        if self._public is None:
            self._public = tuple(map(normal, self._open_texts()))
        return self._public

    def open_word(self, phrase: str) -> bool:
        """Say whether a word or phrase stands in some text that is no secret's."""
        known = self._open_words.get(phrase)
        if known is None:
            single, several = forms(phrase)
            padded = (*(f" {word} " for word in single), *several)
            known = self._open_words[phrase] = any(one in text for text in self.public() for one in padded)
        return known

    def open_runs(self, size: int) -> frozenset[tuple[str, ...]]:
        """Return the runs of ``size`` words of every text that is no secret's, made when first asked for."""
        if self._open_runs is None:
            self._open_runs = frozenset().union(*(shingles(text, size) for text in self._open_texts()))
        return self._open_runs

    def _open_texts(self) -> list[str]:
        secret = {item for guarded in self.guarded for item in guarded.whole}
        # A briefing may hold the whole mailbox; what stands there of a secret's own items is not open for that.
        bodies = [mail.body for mail in self.staging.mails if mail.id in secret and mail.body]
        told = [task.text for task in self.staging.tasks]
        for briefing in (self.staging.system, self.staging.prompt):
            for body in bodies:
                briefing = briefing.replace(body, " ")
            told.append(briefing)
        return [*told, *(text for item, text in self.texts.items() if item not in secret)]

    def _find_readers(self) -> dict[str, frozenset[str]]:
        """Return who had each item in hand from the start: who wrote it, and whom it was sent to."""
        readers = {mail.id: frozenset(map(self.key, (mail.sender, *mail.to, *mail.cc))) for mail in self.staging.mails}
        for mail in self.staging.mails:
            for item in mail.attachments:
                readers[item] = readers.get(item, frozenset()) | readers[mail.id]
        for file in self.staging.files:
            readers[file.id] = readers.get(file.id, frozenset()) | {self.key(file.owner)}
        for message in self.staging.messages:
            readers[message.id] = frozenset(self.members.get(message.channel, ())) | {message.by}
        return readers

    def _guard(self, secret: Secret) -> Guarded:
        about = {secret.about} if secret.about else set()
        knowers = frozenset(secret.knows) | about
        for item in secret.items:
            knowers |= self._readers.get(item, frozenset())
        quoted = {item: self.texts[item] for item in secret.items if item in self.texts}
        facts = tuple(tuple(map(_group, fact.groups)) for fact in secret.facts)
        return Guarded(secret, frozenset(secret.items), knowers - {self.staging.agent}, quoted, facts)

    def _unnamed(self) -> list[Secret]:
        """Return a secret without facts for each labelled item that no secret names."""
        named = {item for secret in self.staging.secrets for item in secret.items}
        found = []
        labelled: list[tuple[str, tuple[str, ...]]] = [(mail.id, mail.labels) for mail in self.staging.mails]
        labelled += [(file.id, file.labels) for file in self.staging.files]
        labelled += [(message.id, message.labels) for message in self.staging.messages]
        for item, labels in labelled:
            closed = [label for label in labels if label not in OPEN]
            if closed and item not in named:
                found.append(Secret(id=item, label=closed[0], about=None, items=(item,), facts=()))
        return found
