"""Sockets: asked to connect, asked to listen."""

from __future__ import annotations

from typing import Literal

from vigiles.model.observation.base import Observation
from vigiles.model.reason import ReasonCode

Family = Literal["inet", "inet6", "unix", "other"]
Transport = Literal["tcp", "udp", "unix", "other"]


class Connect(Observation, frozen=True, kw_only=True, tag="connect"):
    """A process asked to connect. ``inside``: within the cell (loopback, Unix); ``door``: handed to the door;
    ``refused``: denied with ``reason``; ``seen``: tried, and left to the kernel, in a container that is only watched:
    whether it came about nobody says. ``address`` is an IP address or a Unix path (``@`` marks an abstract one).
    ``host``: the name for which the cell's DNS made this address up.
    """

    pid: int
    family: Family
    transport: Transport
    address: str
    port: int
    outcome: Literal["inside", "door", "refused", "seen"]
    reason: ReasonCode = "allowed"
    host: str | None = None


class Bind(Observation, frozen=True, kw_only=True, tag="bind"):
    """A process asked to bind an address inside its cell."""

    pid: int
    family: Family
    transport: Transport
    address: str
    port: int
