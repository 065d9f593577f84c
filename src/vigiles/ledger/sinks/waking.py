"""The recorder's end of the sender: start it, wake it, let it go. Nothing here waits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from vigiles.ledger.home import Home

#: A sender that died is started again, but not more often than this, seconds.
_AGAIN_S = 5.0


class Waking:
    """One sender for one home, started with the first checkpoint."""

    def __init__(self, home: Home, complain: Callable[[str], None]) -> None:
        self._home = home
        self._complain = complain
        self._process: subprocess.Popen[bytes] | None = None
        self._started = -_AGAIN_S

    def signed(self) -> None:
        """Say that there is a new checkpoint. Never waits and never raises."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        if self._process is not None and self._process.stdin is not None:
            try:
                os.write(self._process.stdin.fileno(), b"x")
            except OSError:
                pass  # full: it is told already; broken: it is started again the next time

    def close(self) -> None:
        """Let the sender give what is left and end by itself."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def _start(self) -> None:
        if time.monotonic() - self._started < _AGAIN_S:
            return
        self._started = time.monotonic()
        self.close()
        try:
            # -P and cwd=/: a file named vigiles in the caller's directory, which may be the agent's, is never imported.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "vigiles.ledger.sinks.sender", str(self._home.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
                bufsize=0,
            )
            assert self._process.stdin is not None
            os.set_blocking(self._process.stdin.fileno(), False)
        except OSError as error:
            self._process = None
            self._complain(f"cannot start the sender of checkpoints: {error}")
