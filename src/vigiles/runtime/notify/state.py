"""How far a receiver has been told: one small file for each, replaced whole. It holds no secret and no agent text."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from vigiles.ledger.durable import make_folders, sync_folder
from vigiles.ledger.home import Home


class State(msgspec.Struct, kw_only=True):
    """``index``: of the newest record of which all was told; ``given``: notices of the record after it that were taken.

    ``failures``: tries in a row that failed, the last for ``error``, since ``failing_us``; ``refusals``: those of them that
    the receiver answered. ``told`` counts notices taken, the last ``told_us``.
    """

    index: int = -1
    given: list[str] = []
    told: int = 0
    told_us: int | None = None
    failures: int = 0
    refusals: int = 0
    failing_us: int | None = None
    error: str = ""


def state_path(home: Home, name: str) -> Path:
    """Return the file."""
    return home.notify / f"{name}.json"


def load_state(home: Home, name: str) -> State | None:
    """Return what is known of a receiver, None where it is new or its file cannot be read."""
    try:
        return msgspec.json.decode(state_path(home, name).read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError):
        return None


def save_state(home: Home, name: str, state: State) -> None:
    """Keep it durably. Raises OSError."""
    make_folders(home.notify, 0o700)
    path = state_path(home, name)
    temporary = path.with_suffix(".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(msgspec.json.encode(state))
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(home.notify)
