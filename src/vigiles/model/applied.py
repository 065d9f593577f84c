"""What of an episode's file changes reached the real work directory."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event


class FilesApplied(Event, frozen=True, kw_only=True, tag="files_applied"):
    """Changes of an episode's overlay were written to its work directory, or kept from it, by ``by``.

    ``reason``: ``episode_end`` is our own doing, as the profile has it; ``review`` a person's, of what had been held, each
    file an act and a result before. ``paths`` are the first 64 of the ``applied`` ones, in order; ``sha256`` is over all of
    them, sorted, each as UTF-8 and followed by a NUL byte. ``held`` counts what was held back, ``held_reasons`` by reason;
    ``stripped`` the files that lost set-uid, set-gid or sticky bits; ``discarded`` what was thrown away. ``error``: why
    nothing was written.
    """

    by: str
    reason: Literal["episode_end", "review"]
    applied: int = 0
    paths: list[str] = []
    sha256: str | None = None
    held: int = 0
    held_reasons: dict[str, int] = {}
    stripped: int = 0
    discarded: int = 0
    error: str | None = None
