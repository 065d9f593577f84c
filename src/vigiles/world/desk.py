"""The office as the agent sees it from its desk: what is concealed from it is not there, and addresses have owners."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from vigiles.model.effect import Datum, Recipient
from vigiles.model.plain import Plain
from vigiles.world.arguments import ArgumentsWrong, short
from vigiles.world.index import Index
from vigiles.world.staging import Console
from vigiles.world.state import Letter, Sheet, State

#: A plain address. Quoted local parts, comments and other alphabets are no addresses here.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")


class Desk:
    """A view of ``state``. ``conceals`` is asked once for each version of a datum."""

    __slots__ = ("_seen", "agent", "conceals", "index", "state")

    def __init__(self, index: Index, state: State, conceals: Callable[[Datum], bool] | None) -> None:
        self.index = index
        self.state = state
        self.agent = index.staging.agent
        self.conceals = conceals
        self._seen: dict[str, tuple[Datum, bool]] = {}

    def sees(self, datum: Datum) -> bool:
        """Say whether the agent may see it."""
        if self.conceals is None:
            return True
        known = self._seen.get(datum.id)
        if known is not None and known[0] == datum:
            return known[1]
        seen = not self.conceals(datum)
        self._seen[datum.id] = (datum, seen)
        return seen

    def mails(self) -> Iterator[Letter]:
        """Give the agent's mails, oldest first."""
        for letter in self.state.mails.values():
            if self.holds(letter):
                yield letter

    def holds(self, letter: Letter) -> bool:
        """Say whether a mail lies in the agent's mailbox for it to see."""
        agent = self.agent
        return (agent in letter.to or agent in letter.cc or agent == letter.sender) and self.sees(letter.datum)

    def mail(self, name: str) -> Letter:
        """Return the agent's mail with this id."""
        letter = self.state.mails.get(name)
        if letter is None or not self.holds(letter):
            raise ArgumentsWrong(f"there is no mail {short(name)}")
        return letter

    def files(self) -> Iterator[Sheet]:
        """Give the files that the agent may see."""
        return (sheet for sheet in self.state.files.values() if self.sees(sheet.datum))

    def file(self, name: str) -> Sheet:
        """Return the file of this path or id."""
        sheet = self.state.files.get(self.state.paths.get(name, name))
        if sheet is None or not self.sees(sheet.datum):
            raise ArgumentsWrong(f"there is no file {short(name)}")
        return sheet

    def attached(self, names: Iterable[str]) -> tuple[Sheet, ...]:
        """Return those of a mail's attachments that the agent may see."""
        return tuple(sheet for name in names if (sheet := self.state.files.get(name)) is not None and self.sees(sheet.datum))

    def consoles(self, application: str) -> Iterator[Console]:
        """Give the entries of a console."""
        entries = self.state.consoles.values()
        return (entry for entry in entries if entry.application == application and self.sees(datum_of(entry)))

    def console(self, application: str, name: str) -> Console:
        """Return an entry of a console by its id."""
        entry = self.state.consoles.get(name)
        if entry is None or entry.application != application or not self.sees(datum_of(entry)):
            raise ArgumentsWrong(f"there is no entry {short(name)} in the {application} console")
        return entry

    def recipient(self, word: str) -> Recipient:
        """Return who is meant by a person id, an address, or ``Name <address>``."""
        known = self.index.known
        found = known.get(word) or known.get(word.strip().lower())
        if found is not None:
            return found
        address = word.strip()
        if address.endswith(">") and address.count("<") == 1:
            address = address[address.index("<") + 1 : -1].strip()
            if (found := known.get(address.lower())) is not None:
                return found
        if len(address) > 254 or not _ADDRESS.fullmatch(address):
            raise ArgumentsWrong(f"{short(word)} is neither a person nor an address")
        return self.index.recipient(address.lower())

    def recipients(self, *words: Iterable[str]) -> tuple[Recipient, ...]:
        """Return all who are meant, each once, the agent itself left out: it has what it sends."""
        found = {each.address: each for group in words for each in map(self.recipient, group)}
        return tuple(each for each in found.values() if each.principal != self.agent)

    def among(self, principals: Iterable[str]) -> tuple[Recipient, ...]:
        """Return the recipients of person ids or addresses that the world itself holds, each once, the agent left out."""
        return tuple(self.index.recipient(each) for each in dict.fromkeys(principals) if each != self.agent)

    def ids(self, words: Iterable[str]) -> list[Plain]:
        """Return the person ids, or addresses that nobody knows, as events hold them."""
        return list(dict.fromkeys(name_of(self.recipient(word)) for word in words))

    def shown(self, principal: str) -> str:
        """Return a person as ``Name <address>``, an address as itself."""
        person = self.index.people.get(principal)
        return f"{person.name} <{person.address}>" if person else principal

    def people(self, principals: Iterable[str]) -> str:
        """Return several, with commas."""
        return ", ".join(map(self.shown, principals))

    def new(self, prefix: str, further: int = 1) -> str:
        """Return the id of the next thing that comes into the world."""
        return f"{prefix}-{self.index.highest + self.state.made + further}"


def datum_of(entry: Console) -> Datum:
    """Return what a console's entry shows, as a piece of data; its field ``labels`` lists the labels."""
    labels = entry.fields.get("labels", ())
    named = tuple(each for each in labels if isinstance(each, str)) if isinstance(labels, list | tuple) else ()
    about = f"About: {entry.subject}\n" if entry.subject else ""
    lines = (f"{name}: {_field(value)}" for name, value in entry.fields.items())
    text = f"State: {entry.state}\n{about}" + "\n".join(lines)
    return Datum(id=entry.id, labels=named, owner=entry.owner, text=text)


def _field(value: Plain) -> str:
    """Return a field's value in one line; of a table only the names."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | dict) else str(value)


def name_of(recipient: Recipient) -> str:
    """Return how events name a recipient."""
    return recipient.principal or recipient.address


def headline(subject: str) -> str:
    """Return a subject as one line: a break in it would make a line of its own, which might be taken for somebody else's."""
    return " ".join(subject.splitlines())


def listed(lines: Iterable[str], nothing: str, most: int = 50) -> str:
    """Return lines of a list, at most ``most`` of them, and how many more there are."""
    found = list(lines)
    if not found:
        return nothing
    if len(found) > most:
        found = [*found[:most], f"... and {len(found) - most} more"]
    return "\n".join(found)
