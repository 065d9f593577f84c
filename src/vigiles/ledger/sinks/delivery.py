"""One sink's deliveries: what the store has signed and the sink does not have yet, given in order, and remembered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.durable import sync_folder
from vigiles.ledger.home import Home
from vigiles.ledger.mint import now
from vigiles.ledger.notes_file import append_notes
from vigiles.ledger.reader import Reader
from vigiles.ledger.sinks import file, webhook, witness
from vigiles.ledger.sinks.settings import FileSink, Sink, WebhookSink, WitnessSink
from vigiles.ledger.sinks.state import SinkState, load_state, save_state
from vigiles.model.errors import VigilesError

#: Checkpoints taken from the store, and given to a file, at once.
_PORTION = 500


def cosigned_path(home: Home, name: str) -> Path:
    """Return the file in which the checkpoints that witness ``name`` cosigned are kept, with their cosignatures."""
    return home.sinks / f"{name}.notes"


@dataclass
class Delivery:
    """Gives one sink what waits for it. Not for two threads at once."""

    home: Home
    name: str
    sink: Sink

    def __post_init__(self) -> None:
        self.state = load_state(self.home, self.name, self.sink.target)

    def run(self) -> bool:
        """Give all that waits; return whether the sink now has everything. Failing is written down, never raised."""
        try:
            reader = Reader(self.home.database)
        except VigilesError as error:
            self._failed(NotDelivered(f"cannot read the ledger: {error}"))
            return False
        try:
            self._not_behind(reader)
            while waiting := self._waiting(reader):
                self._give(reader, waiting)
            if self.state.failures:  # nothing waits any more
                self.state.well()
                self.state.conflict = False
                self._save()
            return True
        except NotDelivered as failure:
            self._failed(failure)
        except (VigilesError, OSError, ValueError) as error:  # ValueError: a store whose notes or leaves are damaged
            self._failed(NotDelivered(str(error)))
        finally:
            reader.close()
        return False

    def wait_s(self) -> float:
        """Return how long to wait before the next try: the sink's interval, or longer while it fails."""
        interval = float(self.sink.interval_s)
        return max(interval, self.state.wait_s()) if self.state.failures else interval

    def _not_behind(self, reader: Reader) -> None:
        """The store may not hold less than was given away."""
        newest = reader.checkpoints_between(self.state.delivered, None, 1)
        if self.state.delivered and not newest:
            raise NotDelivered(
                f"a checkpoint of {self.state.delivered} records was delivered, and this ledger has signed fewer: its tail"
                " was cut, or an older copy was put in its place",
                conflict=True,
            )

    def _waiting(self, reader: Reader) -> list[tuple[int, bytes]]:
        """Return (size, note) of what is to be given next."""
        if isinstance(self.sink, WitnessSink) or self.sink.deliver == "newest":
            newest = reader.newest_checkpoint_size()
            return reader.checkpoints_between(newest, newest, 1) if newest > self.state.delivered else []
        return reader.checkpoints_between(self.state.delivered + 1, None, _PORTION)

    def _give(self, reader: Reader, waiting: list[tuple[int, bytes]]) -> None:
        sink = self.sink
        if isinstance(sink, FileSink):
            file.deliver(sink, [note for _, note in waiting])
            self._delivered(waiting[-1][0])
        elif isinstance(sink, WebhookSink):
            for size, note in waiting:
                webhook.deliver(sink, note)
                self._delivered(size)
        else:
            ((size, note),) = waiting
            kept = witness.submit(sink, reader, note, self.state.delivered)
            path = cosigned_path(self.home, self.name)
            new = not path.exists()
            if new:
                self._save()  # which makes the folder
            append_notes(path, [kept])
            if new:
                sync_folder(path.parent)
            self._delivered(size)

    def _delivered(self, size: int) -> None:
        self.state = SinkState(target=self.sink.target, delivered=size, delivered_us=now().wall_us)
        self._save()

    def _failed(self, failure: NotDelivered) -> None:
        self.state.failed(failure)
        self.state.conflict = failure.conflict
        try:
            self._save()
        except OSError:
            pass  # a full disk; the failure is known for as long as this process lives

    def _save(self) -> None:
        save_state(self.home, self.name, self.state)
