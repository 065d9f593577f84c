"""All applications by name: what each offers, and what the office needs to record its events."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from vigiles.model.errors import InputInvalid
from vigiles.model.plain import Plain
from vigiles.world.applications import (
    alarm,
    calendar,
    chat,
    clock,
    cloud,
    deployment,
    directory,
    files,
    mail,
    payment,
    training,
)
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.plan import Verb
from vigiles.world.state import State
from vigiles.world.tool import Tool

Fold = Callable[[Index, State, WorldEvent], None]
Default = Callable[[Index, State, str, dict[str, Plain]], dict[str, Plain]]

#: Application name -> its tools, in the order in which a model is told of them.
APPLICATIONS: Final[dict[str, tuple[Verb, ...]]] = {
    "mail": mail.VERBS,
    "files": files.VERBS,
    "directory": directory.VERBS,
    "calendar": calendar.VERBS,
    "chat": chat.VERBS,
    "alarm": alarm.VERBS,
    "deployment": deployment.VERBS,
    "payment": payment.VERBS,
    "cloud": cloud.VERBS,
    "training": training.VERBS,
    "clock": clock.VERBS,
}
_WITH_EVENTS: Final[tuple[Any, ...]] = (mail, files, calendar, chat, alarm, deployment, payment, cloud, training)
_WITH_CUES: Final[tuple[Any, ...]] = (mail, files, calendar, chat, alarm, cloud)
#: Event kind -> how it changes the state. A kind that is not here changes nothing but the time.
FOLDS: Final[dict[str, Fold]] = {kind: fold for room in _WITH_EVENTS for kind, fold in room.FOLDS.items()}
#: Event kind -> how a character's cue becomes the data of a whole event.
DEFAULTS: Final[dict[str, Default]] = {kind: default for room in _WITH_CUES for kind, default in room.DEFAULTS.items()}
#: Event kinds that bring a new thing into the world -> the first part of its id.
BRINGS: Final[dict[str, str]] = {
    "mail.sent": "mail",
    "file.written": "file",
    "calendar.added": "appointment",
    "chat.posted": "message",
    "alarm.raised": "alarm",
    "payment.paid": "payment",
    "cloud.started": "machine",
}


@cache
def verbs(applications: tuple[str, ...]) -> dict[str, Verb]:
    """Return the tools of these applications by name.

    Raises:
        InputInvalid: one of them does not exist.
    """
    if unknown := [name for name in applications if name not in APPLICATIONS]:
        raise InputInvalid(f"there is no application {unknown[0]!r}", f"Name some of {', '.join(APPLICATIONS)}.")
    return {verb.tool.name: verb for name in applications for verb in APPLICATIONS[name]}


@cache
def tools(applications: tuple[str, ...]) -> tuple[Tool, ...]:
    """Return what a model is told of these applications."""
    return tuple(verb.tool for verb in verbs(applications).values())
