"""The process that notifies: ``python -m vigiles.runtime.notify.worker HOME``.

A supervisor starts one with its first service and holds its standard input; the end of that says that the supervisor is
gone, however it went. Of several at one home, one delivers and the others wait for its turn. A process of its own, because a
receiver may hang or answer slowly, and nothing of that may be felt by the gate or the recorder; and because it outlives
a supervisor that is killed. It holds no ledger key and records nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from vigiles.kernel import forks
from vigiles.ledger.delivering import is_over, take_turn
from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid, ProcessLost, VigilesError
from vigiles.runtime.notify.delivery import Delivery, begin
from vigiles.runtime.notify.settings import load_receivers

#: How often the ledger is looked at, seconds.
_LOOK_S = 0.25
#: How long a worker goes on after its supervisor left: last posts are committed, then each receiver is tried once more.
_SETTLE_S, LAST_S = 0.3, 10.0


class Worker:
    """The supervisor's end of the process."""

    def __init__(self, home: Home) -> None:
        """Start it, detached. Raises OSError, :class:`ProcessLost`."""
        # -P and cwd=/: a file named vigiles in the caller's directory, which may be the agent's, is never imported.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "vigiles.runtime.notify.worker", str(home.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        assert process.stdin is not None
        self._line = process.stdin
        forks.let_go(self.close)
        if process.wait() != 0:
            raise ProcessLost("the process that notifies does not start", "Run it by hand: vigiles notify work")

    def fileno(self) -> int:
        """Return the descriptor whose other end the process holds while it lives."""
        return self._line.fileno()

    def close(self) -> None:
        """Let it tell what is left and end by itself; nobody waits for it."""
        self._line.close()


def start(path: Path) -> Worker | None:
    """Start a worker if anybody wants to be notified; what is recorded from now on will be told.

    Raises :class:`InputInvalid` for settings that cannot be used: who asked to be told must not think to be.
    """
    home = Home(path)
    if not home.settings.exists():
        return None
    receivers = load_receivers(home)
    if not receivers:
        return None
    try:
        begin(home, receivers)
        return Worker(home)
    except OSError as error:
        raise InputInvalid(f"nobody can be notified: {error}", f"Look at {home.notify}, or take [notify] out.") from error


def work(home: Home, leave: int | None, last_s: float = LAST_S) -> None:
    """Deliver until descriptor ``leave`` ends (None: until this process does), then once more, for ``last_s`` at most."""
    leaving = threading.Event()
    threads = []
    receivers = load_receivers(home)
    begin(home, receivers)
    for name, receiver in receivers.items():
        thread = threading.Thread(target=_deliver, args=(Delivery(home, name, receiver), leaving), daemon=True, name=name)
        thread.start()
        threads.append(thread)
    while leave is None or not is_over(leave, 3600.0):
        if leave is None:
            time.sleep(3600.0)
    time.sleep(_SETTLE_S)
    leaving.set()
    deadline = time.monotonic() + last_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _deliver(delivery: Delivery, leaving: threading.Event) -> None:
    while True:
        last = leaving.is_set()
        whole = delivery.run()
        if last:
            return
        leaving.wait(_LOOK_S if whole else delivery.wait_s())


def main() -> int:
    """Run from a command line."""
    os.umask(0o077)
    if os.fork():
        os._exit(0)  # whoever started us has no child to wait for
    home = Home(Path(sys.argv[1]))
    try:
        turn = take_turn(home.notify, float("inf"), 0)
        if turn is not None:
            work(home, 0)
    except VigilesError as error:
        sys.stderr.write(f"{error}\n{error.remedy}\n")
        return error.exit_code
    sys.stderr.flush()
    os._exit(0)  # whatever still hangs has had its time


if __name__ == "__main__":
    sys.exit(main())
