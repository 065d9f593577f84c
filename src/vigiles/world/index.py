"""What is looked up in a staging, worked out once and shared by all offices of it."""

from __future__ import annotations

import re
from typing import Final

from vigiles.model.effect import Datum, Recipient
from vigiles.world.staging import Console, Cue, File, Mail, Person, Staging
from vigiles.world.state import Letter, Sheet, State

#: Indexes kept: a grid plays one staging many times in a row, then never again.
KEPT = 64
_NUMBERED: Final = re.compile(r"-(\d{1,9})$")
_kept: dict[int, Index] = {}


class Index:
    """A staging and its look-up tables. Never changed after it was made.

    ``known`` gives a recipient by person id and by address in lower case; ``domain`` is the company's (the agent's own
    address). ``cues`` are by the kind of event that they follow, ``timed`` those with a minute of their own. ``highest`` is
    the highest number in any id.
    """

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.people: dict[str, Person] = {person.id: person for person in staging.people}
        self.known: dict[str, Recipient] = {}
        for person in staging.people:
            self.known[person.id] = self.known[person.address.lower()] = Recipient(
                address=person.address,
                inside=person.inside,
                principal=person.id,
                clearances=person.clearances,
                authority=person.authority,
            )
        agent = self.people.get(staging.agent)
        self.domain = agent.address.lower().rpartition("@")[2] if agent else ""
        self.members: dict[str, tuple[str, ...]] = {channel.id: channel.members for channel in staging.channels}
        self.cues: dict[str, list[Cue]] = {}
        self.timed: list[Cue] = []
        for cue in staging.cues:
            if cue.after is not None:
                self.cues.setdefault(cue.after, []).append(cue)
            else:
                self.timed.append(cue)
        self.order: dict[str, int] = {cue.id: place for place, cue in enumerate(staging.cues)}
        self.letters = {mail.id: self._letter(mail) for mail in sorted(staging.mails, key=lambda mail: mail.minute)}
        self.sheets = {file.id: self._sheet(file) for file in staging.files}
        self.said: dict[str, tuple[tuple[int, Datum], ...]] = {}
        for message in sorted(staging.messages, key=lambda message: message.minute):
            datum = self.datum(message.id, message.by, message.text, message.labels)
            self.said[message.channel] = (*self.said.get(message.channel, ()), (message.minute, datum))
        self.appointments = {each.id: each for each in staging.appointments}
        self.consoles: dict[str, Console] = {console.id: console for console in staging.consoles}
        self.highest = self._highest()

    def state(self) -> State:
        """Return the state before the first event."""
        agent = self.staging.agent
        return State(
            agent=agent,
            minute=self.staging.minute,
            mails=dict(self.letters),
            unread={each.id for each in self.letters.values() if agent in each.to or agent in each.cc},
            files=dict(self.sheets),
            paths={sheet.path: sheet.id for sheet in self.sheets.values()},
            said=dict(self.said),
            appointments=dict(self.appointments),
            consoles=dict(self.consoles),
        )

    def recipient(self, principal: str) -> Recipient:
        """Return the recipient of a person id or an address; one that nobody knows is an outsider."""
        found = self.known.get(principal) or self.known.get(principal.lower())
        if found is not None:
            return found
        inside = bool(self.domain) and principal.lower().rpartition("@")[2] == self.domain
        return Recipient(address=principal, inside=inside)

    def datum(self, name: str, by: str, text: str, labels: tuple[str, ...]) -> Datum:
        """Return a piece of data that ``by`` wrote."""
        return Datum(id=name, labels=labels, owner=by, outside=not self.recipient(by).inside, text=text)

    def _letter(self, mail: Mail) -> Letter:
        return Letter(
            id=mail.id,
            sender=mail.sender,
            to=mail.to,
            cc=mail.cc,
            subject=mail.subject,
            minute=mail.minute,
            attachments=mail.attachments,
            datum=self.datum(mail.id, mail.sender, mail.body, mail.labels),
        )

    def _sheet(self, file: File) -> Sheet:
        return Sheet(id=file.id, path=file.path, datum=self.datum(file.id, file.owner, file.text, file.labels))

    def _highest(self) -> int:
        stage = self.staging
        parts = (stage.mails, stage.files, stage.messages, stage.appointments, stage.consoles)
        found = [_NUMBERED.search(each.id) for part in parts for each in part]
        return max((int(match[1]) for match in found if match), default=0)


def index(staging: Staging) -> Index:
    """Return the staging's index, the same one for the same object."""
    found = _kept.get(id(staging))
    if found is not None and found.staging is staging:
        return found
    if len(_kept) >= KEPT:
        _kept.pop(next(iter(_kept)), None)
    made = _kept[id(staging)] = Index(staging)
    return made
