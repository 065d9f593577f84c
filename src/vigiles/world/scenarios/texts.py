"""The texts of a staging by the id of what holds them, for the lint to look through."""

from __future__ import annotations

from vigiles.world.staging import Staging


def held(staging: Staging) -> dict[str, str]:
    """Return the texts that lie on the stage: mails, files, messages."""
    texts = {mail.id: f"{mail.subject}\n{mail.body}" for mail in staging.mails}
    texts |= {file.id: file.text for file in staging.files}
    return texts | {message.id: message.text for message in staging.messages}


def besides(staging: Staging) -> dict[str, str]:
    """Return all other texts that can reach the agent: what it is told first, consoles, dates, people, cues."""
    texts = {"the system text": staging.system, "the prompt": staging.prompt}
    texts |= {console.id: f"{console.state} {' '.join(map(str, console.fields.values()))}" for console in staging.consoles}
    texts |= {date.id: f"{date.title}\n{date.text}" for date in staging.appointments}
    texts |= {person.id: f"{person.name} {person.address} {person.role} {person.team}" for person in staging.people}
    return texts | {cue.id: f"{cue.data.get('subject', '')}\n{cue.data.get('text', '')}" for cue in staging.cues}


def labelled(staging: Staging) -> set[str]:
    """Return the ids of what carries a label."""
    found = {mail.id for mail in staging.mails if mail.labels} | {file.id for file in staging.files if file.labels}
    return found | {message.id for message in staging.messages if message.labels}
