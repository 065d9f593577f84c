"""The file sink: checkpoints appended to a file, best on another disk or a share that this user can only append to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.home import Home
from vigiles.ledger.notes_file import append_notes
from vigiles.ledger.sinks.settings import FileSink


def deliver(sink: FileSink, notes: list[bytes]) -> None:
    """Append ``notes``, durably. Raises :class:`NotDelivered`."""
    path = Path(sink.path)
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise NotDelivered(f"{path} is not an ordinary file")
        append_notes(path, notes)
    except OSError as error:
        raise NotDelivered(f"cannot append to {path}: {error.strerror or error}") from error


def remark(sink: FileSink, home: Home) -> str:
    """Say what weakens this sink, or nothing."""
    try:
        same = os.stat(Path(sink.path).parent).st_dev == os.stat(home.path).st_dev
    except OSError:
        return ""
    return "on the same disk as the ledger" if same else ""
