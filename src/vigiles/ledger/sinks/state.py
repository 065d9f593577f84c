"""What is known of one sink: how far it has been given, and how it fails. One JSON file for each, replaced whole."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from vigiles.ledger.durable import make_folders, sync_folder
from vigiles.ledger.home import Home


class NotDelivered(Exception):
    """A checkpoint could not be given; one line of why. ``conflict``: the sink holds what contradicts this ledger."""

    def __init__(self, why: str, *, conflict: bool = False) -> None:
        super().__init__(why)
        self.conflict = conflict


class SinkState(msgspec.Struct, kw_only=True):
    """``delivered``: records that the last checkpoint given covers, at ``delivered_us`` (wall time).

    ``failures``: tries in a row that failed; ``error``: the last one's reason; ``failing_us``: since when; ``conflict``: the
    sink holds a checkpoint that contradicts this ledger, in the words of ``error``.
    """

    target: str = ""
    delivered: int = 0
    delivered_us: int | None = None
    failures: int = 0
    failing_us: int | None = None
    error: str = ""
    conflict: bool = False


def state_path(home: Home, name: str) -> Path:
    """Return the file of a sink's state."""
    return home.sinks / f"{name}.json"


def load_state(home: Home, name: str, target: str) -> SinkState:
    """Return the state of sink ``name``, a new one where there is none, or only one for another target.

    A new state has everything delivered again; that is never wrong.
    """
    try:
        state = msgspec.json.decode(state_path(home, name).read_bytes(), type=SinkState)
    except (OSError, msgspec.MsgspecError):
        return SinkState(target=target)
    return state if state.target == target else SinkState(target=target)


def save_state(home: Home, name: str, state: SinkState) -> None:
    """Keep the state durably. Raises OSError."""
    make_folders(home.sinks, 0o700)
    path = state_path(home, name)
    temporary = path.with_suffix(".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(msgspec.json.encode(state))
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(home.sinks)
