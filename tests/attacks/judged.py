"""What one row of the table came to in a real cell: plain values that the playing process writes and the tests read."""

from __future__ import annotations

import msgspec


class Said(msgspec.Struct, kw_only=True):
    """A program's one line, and how its call ended. ``call`` is the number that the guard gave it (0: under a face)."""

    call: int = 0
    worked: bool | None = None
    detail: str = ""
    code: int | None = None
    error: str | None = None


class Finding(msgspec.Struct, kw_only=True):
    """One finding in short."""

    call: int | None
    detector: str
    rule: str
    severity: str
    summary: str
    blocked: bool


class Seen(msgspec.Struct, kw_only=True):
    """One observation in short: ``what`` tells where it points (address, host, name, path, argv)."""

    kind: str
    call: int | None
    grade: str
    what: str
    outcome: str = ""
    flags: list[str] = []
    disagreement: list[str] = []


class Played(msgspec.Struct, kw_only=True):
    """One row. ``arrived``: lines that reached the outside or a socket of the host meanwhile. ``changed``: paths of the
    host's work directory that differ after the episode. ``alive``: whether a further call was done afterwards.
    ``outlived`` and ``left``: processes of the attack that live on after their call, and after the episode.
    """

    row: str
    twin: Said
    attack: Said
    beside: int | None = None
    arrived: list[str] = []
    findings: list[Finding] = []
    seen: list[Seen] = []
    held: list[str] = []
    changed: list[str] = []
    gaps: dict[str, int] = {}
    alive: bool = False
    ended_by: str | None = None
    outlived: int = 0
    left: list[str] = []
    error: str = ""
    ms: int = 0
