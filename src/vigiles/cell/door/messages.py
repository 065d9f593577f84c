"""What the door says to the notifier and to the supervisor, and they to it: one datagram, one message, msgpack.

Both sockets are AF_UNIX SOCK_SEQPACKET, so a message is never cut in two. Observations travel as they are: a
:class:`~vigiles.model.observation.flow.Flow` in this union is the record the ledger will hold.
"""

from __future__ import annotations

import socket
from typing import Literal, Union

import msgspec

from vigiles.model.attribution import Method
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.sensor import Gap
from vigiles.model.response import FlowSnapshot
from vigiles.ruleset.credential import Credential

#: The largest message either side may send, bytes. A flow record with all its chunks stays below 16 KiB.
MAX_MESSAGE = 128 * 1024

Carrier = Literal["tcp", "udp"]
AddressFamily = Literal["inet", "inet6"]


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """Tagged like a record, so that one union can hold both."""


class Registration(_Message, frozen=True, kw_only=True, tag="registration"):
    """Notifier to door: the socket at this source address, connected to the door's ``door_port``, belongs to ``call``.

    One source port may lead to several of the door's ports at once, each time for another call. Sent right after the
    notifier connected on the caller's behalf. ``source_address`` is an IP address in text form, as ``getsockname`` gives it.
    ``destination_host``/``destination_port`` are what the caller asked for when that was not the door itself: the original
    address of a connect that was redirected to the transparent port.
    """

    transport: Carrier
    family: AddressFamily
    source_address: str
    source_port: int
    door_port: int
    call: int
    pid: int
    destination_host: str | None = None
    destination_port: int | None = None


class WhoIs(_Message, frozen=True, kw_only=True, tag="who_is"):
    """Door to notifier: whose socket is this, that leads to ``door_port``?

    Asked when no registration came, or more than one, and for every UDP query.
    """

    token: int
    transport: Carrier
    family: AddressFamily
    source_address: str
    source_port: int
    door_port: int


class ItIs(_Message, frozen=True, kw_only=True, tag="it_is"):
    """Notifier to door: the answer to ``token``. ``call`` None: not known. ``methods`` say how it is known."""

    token: int
    call: int | None = None
    pid: int | None = None
    methods: list[Method] = []


class Reachable(_Message, frozen=True, kw_only=True, tag="reachable"):
    """Door to notifier, before the answer leaves: DNS gives out ``address``, so a plain connect to it may be meant well.

    ``name``: the one name that it stands for, where it is made up.
    """

    address: str
    name: str | None = None


class Cut(_Message, frozen=True, kw_only=True, tag="cut"):
    """Supervisor to door: close the flows of ``call`` (None: of every call) now and refuse new ones. Answer: Done."""

    token: int
    call: int | None = None


class Allow(_Message, frozen=True, kw_only=True, tag="allow"):
    """Supervisor to door: undo a cut of ``call`` (None: every cut). Answer: Done."""

    token: int
    call: int | None = None


class Flows(_Message, frozen=True, kw_only=True, tag="flows"):
    """Supervisor to door: which flows are open? Answer: one or more FlowList."""

    token: int


class Shutdown(_Message, frozen=True, kw_only=True, tag="shutdown"):
    """Supervisor to door: close every flow, send the last records, then Done, then end."""

    token: int


class Entrusted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One credential: what the agent holds, what goes out in its place, and where. See
    :class:`vigiles.ruleset.credential.Credential`.
    """

    credential: Credential
    placeholder: str
    secret: str

    def __repr__(self) -> str:
        """Return its name only: whatever prints one must not tell."""
        return f"Entrusted({self.credential.name!r})"


class Entrust(_Message, frozen=True, kw_only=True, tag="entrust"):
    """Supervisor to door, before anything runs in the cell: hold these. Answer: Done. They go this way and no other, for
    what the launcher has is copied into each of its forks.
    """

    token: int
    credentials: list[Entrusted]
    salt: str


class Done(_Message, frozen=True, kw_only=True, tag="done"):
    """Door to supervisor: the order ``token`` has been carried out; ``flows`` were closed by it."""

    token: int
    flows: int = 0


class FlowList(_Message, frozen=True, kw_only=True, tag="flow_list"):
    """Door to supervisor: open flows, in pages; ``last`` marks the last page."""

    token: int
    flows: list[FlowSnapshot]
    last: bool


class Ready(_Message, frozen=True, kw_only=True, tag="ready"):
    """Door to supervisor, once: the door serves. ``max_flows`` is what its file limit really allows."""

    max_flows: int


FromNotifier = Union[Registration, ItIs]  # noqa: UP007 - tagged unions that msgspec resolves by ``type``
ToNotifier = Union[WhoIs, Reachable]  # noqa: UP007
FromSupervisor = Union[Cut, Allow, Flows, Entrust, Shutdown]  # noqa: UP007
FromDoor = Union[Flow, HttpRequest, DnsQuery, Gap, Done, FlowList, Ready]  # noqa: UP007

_encoder = msgspec.msgpack.Encoder()
_from_notifier: msgspec.msgpack.Decoder[FromNotifier] = msgspec.msgpack.Decoder(FromNotifier)
_from_supervisor: msgspec.msgpack.Decoder[FromSupervisor] = msgspec.msgpack.Decoder(FromSupervisor)
_from_door: msgspec.msgpack.Decoder[FromDoor] = msgspec.msgpack.Decoder(FromDoor)
_to_notifier: msgspec.msgpack.Decoder[ToNotifier] = msgspec.msgpack.Decoder(ToNotifier)


def encode(message: msgspec.Struct) -> bytes:
    """Return the datagram of any message or observation here."""
    return _encoder.encode(message)


def decode_from_notifier(data: bytes) -> FromNotifier:
    """Raises ``msgspec.DecodeError``."""
    return _from_notifier.decode(data)


def decode_from_supervisor(data: bytes) -> FromSupervisor:
    """Raises ``msgspec.DecodeError``."""
    return _from_supervisor.decode(data)


def decode_from_door(data: bytes) -> FromDoor:
    """For the supervisor. Raises ``msgspec.DecodeError``."""
    return _from_door.decode(data)


def decode_to_notifier(data: bytes) -> ToNotifier:
    """For the notifier. Raises ``msgspec.DecodeError``."""
    return _to_notifier.decode(data)


def pair() -> tuple[socket.socket, socket.socket]:
    """Return a connected pair of sockets of the kind that ``ports`` and ``control`` are, close-on-exec."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
