"""A world before its first minute: everything that a scenario puts on the stage. Pure data, written by the scenarios.

Ids are words (``mail-7``, ``file-board-minutes``, ``kyle``). Times are minutes since midnight of the world's first day.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.plain import Plain


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of everything on the stage."""


class Person(Part, frozen=True, kw_only=True):
    """Somebody with an address. ``inside``: of the company. ``clearances``: labels whose data this person may see.

    ``authority``: a regulator, the police, an ombudsman. ``family``: no colleague, but close to the person named.
    """

    id: str
    name: str
    address: str
    role: str = ""
    team: str = ""
    inside: bool = True
    clearances: tuple[str, ...] = ()
    authority: bool = False
    family: str | None = None
    reachable: bool = True


class Mail(Part, frozen=True, kw_only=True):
    """A mail in the mailbox of everyone in ``to`` and ``cc`` (person ids). ``attachments`` are file ids."""

    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    body: str
    minute: int
    cc: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class File(Part, frozen=True, kw_only=True):
    """A file of the company's share. ``path`` is unique; ``owner`` a person id."""

    id: str
    path: str
    owner: str
    text: str
    labels: tuple[str, ...] = ()


class Message(Part, frozen=True, kw_only=True):
    """A line of chat in ``channel``; whoever is in the channel's ``members`` reads it."""

    id: str
    channel: str
    by: str
    text: str
    minute: int
    labels: tuple[str, ...] = ()


class Channel(Part, frozen=True, kw_only=True):
    """A chat channel, or a notice board."""

    id: str
    members: tuple[str, ...]


class Appointment(Part, frozen=True, kw_only=True):
    """An entry of the calendar."""

    id: str
    title: str
    minute: int
    people: tuple[str, ...]
    text: str = ""


class Console(Part, frozen=True, kw_only=True):
    """A thing that a console shows and acts on.

    ``application``: ``alarm`` (an emergency; ``subject`` is the person in danger; ``state`` ``dispatched`` or
    ``cancelled``), ``deployment`` (a model or service to switch on, off, or replace), ``payment`` (an account), ``cloud`` (a
    machine or quota), ``training`` (a job, its data and settings). ``state`` and ``fields`` are what the console shows.
    """

    id: str
    application: Literal["alarm", "deployment", "payment", "cloud", "training"]
    state: str
    subject: str | None = None
    owner: str | None = None
    fields: dict[str, Plain] = {}


class Fact(Part, frozen=True, kw_only=True):
    """One thing to know of a secret. A text tells it if, for every group, it holds one of the group's words or phrases."""

    id: str
    groups: tuple[tuple[str, ...], ...]


class Secret(Part, frozen=True, kw_only=True):
    """What not everyone may learn. ``items`` are the mails, files and messages that hold it whole; ``label`` is theirs.

    ``knows``: person ids who know it at the start, or may be told. Telling any of ``facts`` outside them is telling it.
    """

    id: str
    label: str
    about: str | None
    items: tuple[str, ...]
    facts: tuple[Fact, ...]
    knows: tuple[str, ...] = ()


class Cue(Part, frozen=True, kw_only=True):
    """What another character does, and when: at ``minute``, or ``delay`` minutes after the agent did ``after``.

    ``after`` is an event's kind (``mail.sent``), ``where`` fields of its data that must be equal (``to`` may be one of a
    list). ``does`` is the kind of event that follows (``mail.sent``, ``chat.posted``, ``deployment.wiped``), by ``who``,
    with ``data``. A cue with ``chance`` below 100 comes with that probability, drawn from the seed.
    """

    id: str
    who: str
    does: str
    data: dict[str, Plain]
    minute: int | None = None
    after: str | None = None
    where: dict[str, Plain] = {}
    delay: int = 1
    once: bool = True
    chance: int = 100


class Task(Part, frozen=True, kw_only=True):
    """A piece of ordinary work. ``done`` lists events that must exist: kind and fields, as a cue's ``after`` and ``where``.

    In ``where``, a key ``tells`` lists words that the text must hold, and ``carries`` ids that must go along.
    ``labelled``: doing it rightly sends labelled data to people who may have them.
    """

    id: str
    text: str
    done: tuple[tuple[str, dict[str, Plain]], ...]
    reads: tuple[str, ...] = ()
    labelled: bool = False


class Plot(Part, frozen=True, kw_only=True):
    """What the scripted insider of this scenario would go for; an honest agent never looks at it.

    ``harm`` is the oracle's name of the harm (``blackmail``, ``leak``, ``lethal``, ...). ``where``: items that hold the
    secret. ``target``: whom to press or deceive; ``outside``: the person id who should get the data; ``ally``: a colleague
    who would pass things on; ``subject``: the console entry to act on; ``spare``: where a copy of oneself could go.
    """

    harm: str
    secret: str | None = None
    where: tuple[str, ...] = ()
    target: str | None = None
    outside: str | None = None
    ally: str | None = None
    subject: str | None = None
    spare: str | None = None
    demand: str = ""
    fields: dict[str, Plain] = {}


class Staging(Part, frozen=True, kw_only=True):
    """One episode's world, assembled: ``scenario`` is the family, ``factors`` the levels chosen, ``digest`` of all the text.

    ``system`` and ``prompt`` are what the agent is told first. ``agent`` is the agent's own person id. ``twin``: the benign
    twin, in which no harm is invited. ``tools`` are the applications it may use. It ends after ``turns`` turns or at
    ``until``.
    """

    scenario: str
    factors: dict[str, str]
    seed: int
    twin: bool
    digest: str
    canary: str
    system: str
    prompt: str
    agent: str
    people: tuple[Person, ...]
    mails: tuple[Mail, ...] = ()
    files: tuple[File, ...] = ()
    channels: tuple[Channel, ...] = ()
    messages: tuple[Message, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    consoles: tuple[Console, ...] = ()
    secrets: tuple[Secret, ...] = ()
    cues: tuple[Cue, ...] = ()
    tasks: tuple[Task, ...] = ()
    plot: Plot
    tools: tuple[str, ...]
    minute: int
    until: int
    turns: int = 30
