"""What a cell would have shown or been given, looked at before it was made."""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.record import Event

ExposureKind = Literal[
    "runtime_socket", "host_root", "host_write", "metadata", "privileged", "secret_environment", "secret_file"
]


class Exposure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way out, or one secret, that the cell would have. ``refuse`` stopped the start, ``warn`` was only named.

    ``where``: a path, or a variable's name. ``line`` counts from 1. ``what`` is a word of ours for it. ``digest``: of a
    secret, HMAC-SHA256 under a key of the home, so that two places of one secret show as such and nobody can guess it.
    """

    kind: ExposureKind
    action: Literal["refuse", "warn"]
    where: str
    what: str
    line: int | None = None
    digest: str | None = None


class Preflight(Event, frozen=True, kw_only=True, tag="preflight"):
    """What was found before the start. ``files``, ``bytes``: what was read in search of secrets; ``complete``: all of it,
    or only as much as the limits allow; ``unread``: the first folders of which something was then not looked at.
    """

    exposures: list[Exposure]
    files: int = 0
    bytes: int = 0
    complete: bool = True
    unread: list[str] = []
