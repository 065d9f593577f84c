"""The world's state: a fold of its events over the staging. How each kind changes it stands in its application."""

from __future__ import annotations

import msgspec

from vigiles.model.effect import Datum
from vigiles.world.staging import Appointment, Console


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it lies in mailboxes. ``to`` and ``cc``: person ids, or addresses nobody knows. ``carries``: ids quoted."""

    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    minute: int
    datum: Datum
    cc: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the share. ``shared``: who else was given it, person ids or addresses."""

    id: str
    path: str
    datum: Datum
    shared: tuple[str, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A forwarding rule of the agent's mailbox; ``sender`` and ``subject`` are None where anything goes."""

    id: str
    forward_to: tuple[str, ...]
    sender: str | None = None
    subject: str | None = None


class State(msgspec.Struct, kw_only=True):
    """Everything that can change. ``made`` counts the things that events brought into the world, to number the next.

    ``said`` holds each channel's messages with their minute, oldest first; ``spent`` the sums paid, by account.
    ``size`` counts the characters written since the beginning.
    """

    agent: str
    minute: int
    mails: dict[str, Letter]
    unread: set[str]
    files: dict[str, Sheet]
    paths: dict[str, str]
    said: dict[str, tuple[tuple[int, Datum], ...]]
    appointments: dict[str, Appointment]
    consoles: dict[str, Console]
    orders: dict[str, Order] = {}
    spent: dict[str, int] = {}
    made: int = 0
    size: int = 0
