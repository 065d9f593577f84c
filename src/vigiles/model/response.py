"""What we did about it."""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.record import Event

ResponseKind = Literal["deny", "cut_egress", "freeze", "thaw", "end_call", "end_episode", "hold_model", "notify"]


class ProcessSnapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One process of a frozen cell. ``call`` as its UTS tag says; ``cpu_us`` user plus system time so far."""

    pid: int
    ppid: int
    call: int | None
    exe: str
    argv: list[str]
    cpu_us: int
    state: str = ""


class FlowSnapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One open flow of a frozen cell, byte counts so far."""

    flow: str
    call: int | None
    host: str
    port: int
    protocol: str
    bytes_out: int
    bytes_in: int


class Response(Event, frozen=True, kw_only=True, tag="response"):
    """One strike, after the gate allowed it (``act``). ``took_us``: from the finding to the deed done.

    ``freeze`` carries the snapshot of process tree and flows that it was taken with.
    """

    kind: ResponseKind
    act: str | None
    incident: str | None
    target: str
    outcome: Literal["done", "failed", "refused"]
    took_us: int = 0
    processes: list[ProcessSnapshot] = []
    flows: list[FlowSnapshot] = []
    error: str | None = None
