"""What a principal asks to do."""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.plain import Plain
from vigiles.model.record import Event

ActKind = Literal["tool_call", "process", "message", "file_change", "artifact_load", "job_launch", "approval", "response"]


class ProcessSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A process to start in a cell. ``environment`` lists names only: values may be secrets and stay out of the ledger.

    ``via`` says who asked: ``api`` (the harness), ``shim`` (a shell the agent started inside its cell) or ``agent`` (the
    agent's own root process).
    """

    argv: list[str]
    cwd: str | None = None
    environment: list[str] = []
    stdin_sha256: str | None = None
    via: Literal["api", "shim", "agent"] = "api"


class Act(Event, frozen=True, kw_only=True, tag="act"):
    """One request. ``tool`` is the exact tool name; ``arguments`` are plain values (see :mod:`vigiles.model.plain`)."""

    principal: str
    kind: ActKind
    tool: str
    arguments: dict[str, Plain] = {}
    process: ProcessSpec | None = None
