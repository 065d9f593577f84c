"""One receiver's deliveries: what the ledger holds and the receiver was not told yet, in order, at least once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import islice

from vigiles.incidents.severity import rank
from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_verifier
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.reader import Reader
from vigiles.model.errors import NotFound, VigilesError
from vigiles.model.incident import Incident
from vigiles.runtime.notify.body import body
from vigiles.runtime.notify.notices import Notice, Teller
from vigiles.runtime.notify.send import send
from vigiles.runtime.notify.settings import Receiver
from vigiles.runtime.notify.state import State, load_state, save_state

#: After so many refusals of one message it is sent without agent text: a filter on the way may refuse it for its words,
#: and then an agent could silence everything that comes after.
BARE_AFTER = 3
#: Incident records read at once.
_PORTION = 500
#: Records of which nothing is told are forgotten only every so often.
_SAVE_EVERY = 1000


def beginning(home: Home) -> State:
    """Return the state of a receiver that is new: it is told what is recorded from now on."""
    try:
        reader = Reader(home.database)
    except NotFound:
        return State()
    try:
        return State(index=reader.size() - 1)
    finally:
        reader.close()


def begin(home: Home, receivers: dict[str, Receiver]) -> None:
    """Let every receiver that is new be told from here on. Raises OSError, :class:`LedgerInvalid`."""
    for name in receivers:
        if load_state(home, name) is None:
            save_state(home, name, beginning(home))


@dataclass
class Delivery:
    """Tells one receiver what waits for it. Not for two threads at once."""

    home: Home
    name: str
    receiver: Receiver
    state: State = field(init=False)
    _teller: Teller = field(default_factory=Teller)
    _read: int = -1
    _saved: int = -1
    _waiting: deque[tuple[int, list[Notice]]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        known = load_state(self.home, self.name)
        self.state = beginning(self.home) if known is None else known

    def run(self) -> bool:
        """Tell all that waits; return whether nothing waits any more. Failing is written down, never raised."""
        try:
            while self._waiting or self._look():
                self._tell(*self._waiting[0])
                self._waiting.popleft()
        except NotDelivered as failure:
            self._failed(failure)
            return False
        except (VigilesError, OSError) as error:
            self._failed(NotDelivered(str(error)))
            return False
        return True

    def count(self) -> int:
        """Return how many notices wait, as the ledger stands, and take them as read. Raises :class:`LedgerInvalid`."""
        count = 0
        while self._waiting or self._look():
            count += len(self._waiting.popleft()[1])
        return count

    def wait_s(self) -> float:
        """Return how long to wait after a failure: 1 s, 2 s, 4 s, up to 5 minutes."""
        return self.state.wait_s()

    def _look(self) -> bool:
        """Read what is new, a portion at a time and none of it while a receiver is slow: a reader that stays would keep the
        ledger's log from being folded. Return whether anything waits now.
        """
        while not self._waiting:
            try:
                reader = LedgerReader(self.home.path)
            except NotFound:
                return False
            with reader:
                portion = list(islice(reader.records(type="incident", after=self._read), _PORTION))
            for index, version in portion:
                assert isinstance(version, Incident)
                found = self._teller.feed(index, version)
                self._read = index
                if index > self.state.index:
                    self._waiting.append((index, [notice for notice in found if self._wanted(notice)]))
            if not portion:
                break
        return bool(self._waiting)

    def _wanted(self, notice: Notice) -> bool:
        if notice.id + notice.what in self.state.given or (notice.drill is not None and not self.receiver.drills):
            return False
        return rank(notice.severity) >= rank(self.receiver.least)

    def _tell(self, index: int, notices: list[Notice]) -> None:
        """Tell what waits of one record. Raises :class:`NotDelivered`, OSError."""
        state = self.state
        while notices:
            self._send(notices[0])
            notice = notices.pop(0)
            state.told += 1
            state.told_us = now().wall_us
            state.well()
            state.refusals = 0
            state.given.append(notice.id + notice.what)
            if notices:
                self._save()
        if state.given or index - self._saved >= _SAVE_EVERY:
            state.index, state.given = index, []
            self._save()
        else:
            state.index = index

    def _send(self, notice: Notice) -> None:
        try:
            ledger = load_verifier(self.home).name
        except VigilesError:
            ledger = "unknown"
        send(self.receiver, notice.id, body(notice, ledger, bare=self.state.refusals >= BARE_AFTER))

    def _failed(self, failure: NotDelivered) -> None:
        state = self.state
        state.failed(failure)
        state.refusals = state.refusals + 1 if failure.refused else 0
        try:
            self._save()
        except OSError:
            pass  # a full disk; the failure is known for as long as this process lives

    def _save(self) -> None:
        save_state(self.home, self.name, self.state)
        self._saved = self.state.index


def try_out(home: Home, receiver: Receiver) -> str | None:
    """Send a harmless notice; return why it was not taken, None if it was."""
    at = now()
    incident = Incident(
        id=new_id("test"),
        at=at,
        incident="inc-0000000000000000",
        version=1,
        state="closed",
        severity="info",
        cause="test",
        title="Vigiles tries whether you can be told of incidents. Nothing has happened.",
        findings=[],
        detectors=[],
        techniques=[],
        calls=[],
        contained=True,
        occurred_us=at.wall_us,
        aware_us=at.wall_us,
    )
    try:
        ledger = load_verifier(home).name
    except VigilesError:
        ledger = "unknown"
    notice = Notice(id=incident.id, what="test", index=-1, incident=incident, severity="info")
    try:
        send(receiver, notice.id, body(notice, ledger))
    except NotDelivered as failure:
        return str(failure)
    return None
