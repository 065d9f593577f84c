"""What a play leaves behind: for each step which call it truly was, and the ledger's records of its episode."""

from __future__ import annotations

import msgspec

from vigiles.model.union import Recorded


class PlayedStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step as it went. ``call`` is None if the API gave the step no number.

    ``over`` says that the episode had ended before the step, so that the step was never tried. Times are CLOCK_MONOTONIC,
    microseconds.
    """

    step: str
    call: int | None
    began_us: int
    ended_us: int
    exit_code: int | None = None
    signal: int | None = None
    decision: str | None = None
    reason: str | None = None
    feedback: str | None = None
    over: bool = False
    output: str = ""


class PlayedEpisode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One episode. ``purpose`` is ``all``, ``honest`` or the id of the one planted step it was for.

    ``findings_seen``: finding id -> when the API first showed it, by our own clock; a finding's own time is its evidence's.
    """

    profile: str
    purpose: str
    run: str
    episode: str
    opened_us: int
    closed_us: int
    steps: list[PlayedStep]
    records: list[Recorded]
    findings_seen: dict[str, int] = {}


class Played(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything one play produced. ``skipped``: step id -> what this machine lacks for it."""

    profile: str
    episodes: list[PlayedEpisode]
    skipped: dict[str, str]
