"""Where in the work an act stands. Minted by Vigiles, never by the agent."""

from __future__ import annotations

import msgspec


class Coordinates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """run / episode / turn / call, plus what training needs to blame the right policy.

    ``turn`` counts from 1 within the episode, ``call`` from 1 within the episode (not the turn), so ``episode`` and
    ``call`` name a call uniquely. ``call`` is None for what belongs to the episode as a whole. ``label`` is the harness's
    own name for the call: untrusted, kept for joining, never used for a decision.
    """

    run: str
    episode: str
    turn: int | None = None
    call: int | None = None
    task: str | None = None
    attempt: int | None = None
    model_version: str | None = None
    label: str | None = None

    def path(self) -> str:
        """Return ``run/episode/turn/call`` as a person reads it, with ``-`` for what is not set."""
        turn = "-" if self.turn is None else str(self.turn)
        call = "-" if self.call is None else str(self.call)
        return f"{self.run}/{self.episode}/{turn}/{call}"
