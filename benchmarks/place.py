"""A scratch folder for one measurement: a home for the ledger and a work directory."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vigiles.ledger.connect import connect
from vigiles.ledger.sync_client import SyncRecorderClient


@contextmanager
def place() -> Iterator[Path]:
    """Yield a folder with an empty ``work`` in it; ``home`` beside it is for a ledger. The recorder is ended after use."""
    with tempfile.TemporaryDirectory(prefix="vigiles-benchmark-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "work").mkdir()
        try:
            yield folder
        finally:
            for home in folder.glob("home*"):
                end_recorder(home)


def end_recorder(home: Path) -> None:
    """End the recorder of ``home`` if one runs, and return when it is gone."""
    running = connect(home)
    if running is None:
        return
    running.close()
    with SyncRecorderClient(home) as client:
        pid = client.recorder_pid
    os.kill(pid, signal.SIGTERM)
    for _ in range(200):
        if not (home / "recorder.sock").exists():
            return
        time.sleep(0.01)
