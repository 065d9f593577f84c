"""What a cell was asked to enforce and what it does enforce."""

from __future__ import annotations

import msgspec

from vigiles.model.record import Event


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One control: ``name``, whether it is ``applied``, and a word of detail (an ABI, a limit)."""

    name: str
    applied: bool
    detail: str = ""


class ProbeResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One forbidden thing that was really tried inside: ``stopped`` must be True."""

    name: str
    stopped: bool
    detail: str = ""


class CellReady(Event, frozen=True, kw_only=True, tag="cell_ready"):
    """Desired versus applied, recorded before the first call. ``tier`` as in DESIGN: U-, U, R, V; ``attached``: a
    container that ran before, with the controls that are listed and no others.
    """

    tier: str
    kernel: str
    controls: list[Control]
    probes: list[ProbeResult]
    landlock_abi: int
