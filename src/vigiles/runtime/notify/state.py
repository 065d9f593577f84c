"""How far a receiver has been told: one small file for each. It holds no secret and no agent text."""

from __future__ import annotations

from pathlib import Path

from vigiles.ledger.delivering import Progress, load_progress, save_progress
from vigiles.ledger.home import Home


class State(Progress, kw_only=True):
    """``index``: of the newest record of which all was told; ``given``: notices of the record after it that were taken.

    ``refusals``: the failures that the receiver answered. ``told`` counts notices taken, the last ``told_us``.
    """

    index: int = -1
    given: list[str] = []
    told: int = 0
    told_us: int | None = None
    refusals: int = 0


def state_path(home: Home, name: str) -> Path:
    """Return the file."""
    return home.notify / f"{name}.json"


def load_state(home: Home, name: str) -> State | None:
    """Return what is known of a receiver, None where it is new or its file cannot be read."""
    return load_progress(state_path(home, name), State)


def save_state(home: Home, name: str, state: State) -> None:
    """Keep it durably. Raises OSError."""
    save_progress(state_path(home, name), state)
