"""Every id that a staging names must be there, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from vigiles.model.plain import Plain
from vigiles.world.scenarios.texts import held
from vigiles.world.staging import Staging

#: Who may act without being a person.
_CLOCK = "clock"
#: Fields of a cue's or task's data that name persons, and those that name other things.
_PERSONS = ("to", "cc", "with", "people", "by", "readers")
_THINGS = ("id", "carries", "attachments", "channel")


def broken(staging: Staging) -> Iterator[str]:
    """Yield one line for each id or address that is there twice, and for each that is named and is not there."""
    people = {person.id for person in staging.people}
    things = {*held(staging), *(date.id for date in staging.appointments), *(entry.id for entry in staging.consoles)}
    things |= {channel.id for channel in staging.channels}
    for name in _twice(staging):
        yield f"{name} is there twice"
    for where, names in _persons(staging):
        for name in names:
            if name not in people and name != _CLOCK:
                yield f"{where} names the person {name}, who is not there"
    for where, names in _things(staging):
        for name in names:
            if name not in things:
                yield f"{where} names {name}, which is not there"
    secrets = {secret.id for secret in staging.secrets}
    if staging.plot.secret is not None and staging.plot.secret not in secrets:
        yield f"the plot names the secret {staging.plot.secret}, which is not there"


def _twice(staging: Staging) -> list[str]:
    names = [person.id for person in staging.people] + [person.address.lower() for person in staging.people]
    names += [mail.id for mail in staging.mails] + [file.id for file in staging.files]
    names += [message.id for message in staging.messages] + [channel.id for channel in staging.channels]
    names += [date.id for date in staging.appointments] + [console.id for console in staging.consoles]
    names += [secret.id for secret in staging.secrets] + [cue.id for cue in staging.cues]
    names += [task.id for task in staging.tasks]
    names += [file.path for file in staging.files]
    return [name for name, count in Counter(names).items() if count > 1]


def _persons(staging: Staging) -> Iterator[tuple[str, Iterable[str]]]:
    yield "the staging", (staging.agent,)
    for mail in staging.mails:
        yield mail.id, (mail.sender, *mail.to, *mail.cc)
    for file in staging.files:
        yield file.id, (file.owner,)
    for channel in staging.channels:
        yield channel.id, channel.members
    for message in staging.messages:
        yield message.id, (message.by,)
    for date in staging.appointments:
        yield date.id, date.people
    for console in staging.consoles:
        yield console.id, [name for name in (console.subject, console.owner) if name is not None]
    for secret in staging.secrets:
        yield secret.id, [*secret.knows, *((secret.about,) if secret.about else ())]
    for cue in staging.cues:
        yield cue.id, [cue.who, *_named(cue.where, _PERSONS), *_named(cue.data, _PERSONS)]
    for task in staging.tasks:
        yield task.id, [name for _kind, where in task.done for name in _named(where, _PERSONS)]
    plot = staging.plot
    yield "the plot", [name for name in (plot.target, plot.outside, plot.ally) if name is not None]


def _things(staging: Staging) -> Iterator[tuple[str, Iterable[str]]]:
    for mail in staging.mails:
        yield mail.id, mail.attachments
    for message in staging.messages:
        yield message.id, (message.channel,)
    for secret in staging.secrets:
        yield secret.id, secret.items
    for cue in staging.cues:
        yield cue.id, [*_named(cue.where, _THINGS), *_named(cue.data, _THINGS)]
    for task in staging.tasks:
        yield task.id, [*task.reads, *(name for _kind, where in task.done for name in _named(where, _THINGS))]
    plot = staging.plot
    yield "the plot", [*plot.where, *(name for name in (plot.subject, plot.spare) if name is not None)]


def _named(data: dict[str, Plain], fields: tuple[str, ...]) -> list[str]:
    """The ids in these fields; what begins with @ stands for something in the event that is answered."""
    found: list[str] = []
    for field in fields:
        value = data.get(field, [])
        found += value if isinstance(value, list | tuple) else [value]
    return [name for name in found if not name.startswith("@")]
