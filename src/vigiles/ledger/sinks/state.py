"""What is known of one sink: how far it has been given, and how it fails."""

from __future__ import annotations

from pathlib import Path

from vigiles.ledger.delivering import Progress, load_progress, save_progress
from vigiles.ledger.home import Home


class SinkState(Progress, kw_only=True):
    """``delivered``: records that the last checkpoint given covers, at ``delivered_us`` (wall time). ``conflict``: the sink
    holds a checkpoint that contradicts this ledger, in the words of ``error``.
    """

    target: str = ""
    delivered: int = 0
    delivered_us: int | None = None
    conflict: bool = False


def state_path(home: Home, name: str) -> Path:
    """Return the file of a sink's state."""
    return home.sinks / f"{name}.json"


def load_state(home: Home, name: str, target: str) -> SinkState:
    """Return the state of sink ``name``, a new one where there is none, or only one for another target.

    A new state has everything delivered again; that is never wrong.
    """
    state = load_progress(state_path(home, name), SinkState)
    return state if state is not None and state.target == target else SinkState(target=target)


def save_state(home: Home, name: str, state: SinkState) -> None:
    """Keep the state durably. Raises OSError."""
    save_progress(state_path(home, name), state)
