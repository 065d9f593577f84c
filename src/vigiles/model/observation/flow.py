"""Flows through the door."""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.observation.base import Observation
from vigiles.model.reason import ReasonCode

FlowPhase = Literal["refused", "open", "update", "close"]
Protocol = Literal["tls", "http", "ssh", "stratum", "socks", "other", "silent", "unknown"]


class Chunk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, array_like=True):
    """One read by the door: microseconds since the flow opened, ``o`` (from the cell) or ``i`` (to it), bytes."""

    at_us: int
    direction: Literal["o", "i"]
    size: int


class Flow(Observation, frozen=True, kw_only=True, tag="flow"):
    """One state of one flow; all states share ``flow``. The last (``close`` or ``refused``) has the final counts.

    ``via``: an HTTP ``connect`` tunnel, an HTTP ``proxy`` request, a ``socks`` request, or a ``transparent`` redirect of a
    plain connect.
    ``host``/``port``: where the client asked to go, canonical; ``address``: what was dialled. ``protocol`` is judged by
    first bytes, both ways. ``marks`` are parser facts as ``key=value`` (``ssh.client=SSH-2.0-OpenSSH_9.2``,
    ``stratum.method=mining.subscribe``); values are agent text. ``chunks`` are the first reads (at most 256);
    ``later`` those beyond them since the state before, the newest 64: a long talk can be followed to its end.
    """

    flow: str
    phase: FlowPhase
    via: Literal["connect", "proxy", "socks", "transparent"]
    host: str
    port: int
    address: str | None = None
    protocol: Protocol = "unknown"
    sni: str | None = None
    method: str | None = None
    path: str | None = None
    reason: ReasonCode = "allowed"
    bytes_out: int = 0
    bytes_in: int = 0
    duration_us: int = 0
    first_out: str = ""
    first_in: str = ""
    marks: list[str] = []
    chunks: list[Chunk] = []
    later: list[Chunk] = []
    pid: int | None = None
