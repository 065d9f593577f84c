"""The sender process: delivers checkpoints to the sinks. ``python -m vigiles.ledger.sinks.sender HOME``.

It holds no key and writes nothing of the ledger. A byte on standard input says that there is a new checkpoint; its end says
that the recorder leaves: then each sink is tried once more, for some seconds at most, and the rest is left to the next one.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from vigiles.ledger.delivering import take_turn
from vigiles.ledger.home import Home
from vigiles.ledger.sinks.delivery import Delivery
from vigiles.ledger.sinks.settings import load_sinks
from vigiles.model.errors import VigilesError

#: How long a sender goes on after the recorder left, seconds.
LAST_S = 8.0


class _Worker:
    """A thread for one sink, so that one that hangs holds up no other."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._wake = threading.Event()
        self._leaving = threading.Event()
        self._told = ""
        self.thread = threading.Thread(target=self._work, daemon=True, name=delivery.name)
        self.thread.start()

    def wake(self) -> None:
        """Say that there is a new checkpoint."""
        self._wake.set()

    def leave(self) -> None:
        """Say that this is the last chance."""
        self._leaving.set()
        self._wake.set()

    def _work(self) -> None:
        while True:
            last = self._leaving.is_set()
            self._wake.clear()
            whole = self._delivery.run()
            self._complain()
            if last:
                return
            # After a failure new checkpoints bring no earlier try.
            pause = self._delivery.wait_s()
            if self._leaving.wait(pause):
                continue
            if whole:
                self._wake.wait()

    def _complain(self) -> None:
        error = self._delivery.state.error
        if error != self._told:
            self._told = error
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            what = error or "delivers again"
            sys.stderr.write(f"{stamp} sender {os.getpid()}: sink {self._delivery.name}: {what}\n")
            sys.stderr.flush()


def serve(path: Path) -> None:
    """Deliver until standard input ends. Raises :class:`InputInvalid` for settings that cannot be used."""
    os.umask(0o077)
    home = Home(path)
    sinks = load_sinks(home)
    if take_turn(home.sinks, 10 * LAST_S) is None:
        return  # one that hangs holds the turn; the recorder starts another of us later
    workers = [_Worker(Delivery(home, name, sink)) for name, sink in sinks.items()]
    while os.read(0, 4096):
        for worker in workers:
            worker.wake()
    deadline = time.monotonic() + LAST_S
    for worker in workers:
        worker.leave()
    for worker in workers:
        worker.thread.join(max(0.0, deadline - time.monotonic()))


def main() -> int:
    """Run from a command line."""
    try:
        serve(Path(sys.argv[1]))
    except VigilesError as error:
        sys.stderr.write(f"{error}\n{error.remedy}\n")
        return error.exit_code
    sys.stderr.flush()
    os._exit(0)  # whatever still hangs has had its time


if __name__ == "__main__":
    sys.exit(main())
