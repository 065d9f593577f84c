"""One recording of a recorder under load, and what every state of its disk is held against."""

from __future__ import annotations

import importlib.util
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vigiles.ledger import wire
from vigiles.ledger.book import Book
from vigiles.ledger.erasure import sign_erasure
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_or_make, load_signer, load_verifier
from vigiles.ledger.reader import Reader
from vigiles.ledger.store import Store
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.ledger.verify import verify
from vigiles.ledger.wire import row_of
from vigiles.model.errors import NotFound, VigilesError

#: Stands in a body that is erased under load: it must be in no file once a recorder has left.
NEEDLE = "needle-that-was-erased"


def neighbour(name: str) -> ModuleType:
    """Import a file beside this one: the test run does not put this folder on the path."""
    known = sys.modules.get(f"crash_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"crash_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


#: Python for the recorder: it tells each checkpoint as soon as a sink could have it, by sending it to itself.
_TELLING = """
import socket
from vigiles.ledger.book import Book
ours, theirs = socket.socketpair()
real = Book.sign
def sign(self):
    real(self)
    newest = self._store.newest_checkpoint()
    if newest is not None:
        ours.send(b"given " + newest[1])
        theirs.recv(65536)
Book.sign = sign
"""
_GIVEN = b"given "


@dataclass
class Owed:
    """What an answer promises: record ``ids`` from index ``first`` on (None: wherever), or that ``erased`` has no body."""

    ids: list[str]
    first: int | None = None
    erased: int | None = None


@dataclass
class Crashed:
    """A recording, and for each of its answers what it promised."""

    root: Path
    home: Path
    ops: list[Any]
    #: Position after which it is owed -> what.
    owed: list[tuple[int, Owed]]
    #: The ids of each request: all of one, or none.
    units: list[list[str]]
    faults: list[str]
    #: Position after which a sink may hold it -> a signed checkpoint.
    given: list[tuple[int, bytes]] = field(default_factory=list)

    def given_away(self, at: int) -> list[bytes]:
        return [note for position, note in self.given if position <= at]

    def due(self, at: int) -> list[Owed]:
        return [owed for position, owed in self.owed if position <= at]


@dataclass
class Load:
    """A client that remembers what it asked for."""

    client: SyncRecorderClient
    units: list[list[str]] = field(default_factory=list)
    asked: dict[int, Owed] = field(default_factory=dict)
    posted: list[str] = field(default_factory=list)

    def append(self, *records: Any) -> None:
        ids = [record.id for record in records]
        self.units.append(ids)
        self.asked[self.client._request + 1] = Owed(ids, first=-1)
        self.client.append(records)

    def post(self, record: Any) -> None:
        self.units.append([record.id])
        self.posted.append(record.id)
        self.client.post(record)

    def flush(self) -> None:
        self.asked[self.client._request + 1] = Owed(list(self.posted))
        self.client.flush()

    def erase(self, index: int, home: Path) -> None:
        record = sign_erasure([index], "asked for", "operator", load_signer(Home(home)).private)
        self.units.append([record.id])
        self.asked[self.client._request + 1] = Owed([record.id], first=-1, erased=index)
        self.client.erase(record)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def record(root: Path, make: Any, *, changed: str = "", rounds: int = 6) -> Crashed:
    """Record two lives of a recorder: one ends by SIGKILL, the other in order. ``changed``: code that spoils it before."""
    recording = neighbour("recording")
    home = root / "state" / "home"
    # Small limits, so that the log is folded and begun anew often, and checkpoints are signed often.
    code = (
        "import vigiles.ledger.folding as f; f._ROWS, f._MOST_PAGES = 15, 40\n"
        "import vigiles.ledger.service as v; v.Timing.__init__.__defaults__ = (0.03, 0.004, 10.0, 2.0)\n"
        f"{_TELLING}\n{changed}\n"
        f"from vigiles.ledger.recorder import main; raise SystemExit(main(['--home', {str(home)!r}]))"
    )
    made = Crashed(root, home, [], [], [], [])
    request = 0
    for life in range(2):
        home.joinpath("recorder.sock").unlink(missing_ok=True)
        watched = recording.Watched(recording.python(code), root)
        wait_until(home.joinpath("recorder.sock").exists)
        with SyncRecorderClient(home) as client:
            client._request = request
            load = Load(client)
            _load(load, make, home, rounds, life)
            if life == 0:
                os.kill(watched.pid, signal.SIGKILL)
            request = client._request + 1000
        told = watched.join() if life == 0 else watched.end()
        made.faults += told.faults
        made.units += load.units
        for op in told.ops:
            made.ops.append(op)
            if op.kind == "sent" and op.data.startswith(_GIVEN):
                made.given.append((len(made.ops), op.data.removeprefix(_GIVEN)))
            elif op.kind == "sent":
                made.owed += [(len(made.ops), owed) for owed in _promises(op.data, load.asked)]
    return made


def _load(load: Load, make: Any, home: Path, rounds: int, life: int) -> None:
    load.append(make.principal(f"alice-{life}"), make.act(0, command=NEEDLE * 40 if life == 0 else "kept"))
    for number in range(rounds):
        load.append(make.act(number))
        load.post(make.flow("example.org"))
        load.append(*(make.act(number, command="x" * size) for size in (10, 700, 9_000)))
        load.post(make.incident())
        load.flush()
        if number == rounds // 2:
            load.erase(2 if life else 1, home)  # in the first life the record with the needle
            time.sleep(0.2)  # a checkpoint is signed


def _promises(data: bytes, asked: dict[int, Owed]) -> list[Owed]:
    found = []
    for payload in wire.split(bytearray(data)):
        answer = wire.from_recorder.decode(payload)
        if isinstance(answer, wire.Done):
            owed = asked[answer.request]
            if owed.first is not None:
                owed.first = answer.first
            found.append(owed)
    return found


def put(state: Any, source: str, target: Path) -> None:
    """Make the state's files below ``target``, which stands for the recording's root; SQLite's index may be rubbish."""
    for folder in sorted(state.folders):
        (target / Path(folder).relative_to(source)).mkdir(mode=0o700, exist_ok=True)
    for path, content in state.files.items():
        file = target / Path(path).relative_to(source)
        file.write_bytes(content)
        file.chmod(0o600)
        if path.endswith("-wal") and state.seed % 2 == 0:
            Path(f"{file}".removesuffix("-wal") + "-shm").write_bytes(b"\xa5" * 32768)


def wrong(made: Crashed, state: Any, target: Path, make: Any) -> list[str]:
    """Return what is wrong with a state: what was promised and is missing, what does not verify, what does not go on."""
    due = made.due(state.at)
    home = Home(target / made.home.relative_to(made.root))
    found: list[str] = []
    try:
        before = _verified(home, found, "before a recorder came", made.given_away(state.at))
        if due and before is None:
            found.append("the ledger is gone")
        home.prepare()
        book = Book(Store(home.database), load_or_make(home))
    except VigilesError as error:
        return [*found, f"does not open: {error}"]
    try:
        here = _ids(home)
        found += [f"answered and missing: {name}" for owed in due for name in owed.ids if name not in here]
        for owed in due:
            if owed.first is not None:
                found += [f"moved: {name}" for n, name in enumerate(owed.ids) if here.get(name, (-1,))[0] != owed.first + n]
            if owed.erased is not None and _body(home, owed.erased) is not None:
                found.append(f"the erased body of {owed.erased} is back")
        found += [f"half of a request: {unit}" for unit in made.units if len({name in here for name in unit}) > 1]
        size = book.size
        if book.append([row_of(make.act())]) != size or size != len(here):
            found.append("does not go on where it stopped")
        book.sign()
    except (VigilesError, sqlite3.Error) as error:
        found.append(f"does not go on: {error}")
    finally:
        book.close()
    if _verified(home, found, "after it", made.given_away(state.at)) is None:
        found.append("nothing there after it")
    erased = any(owed.erased is not None for owed in due)
    if erased and any(NEEDLE.encode() in path.read_bytes() for path in home.path.iterdir() if path.is_file()):
        found.append("what was erased is still in a file")
    return found


def _verified(home: Home, found: list[str], when: str, elsewhere: list[bytes]) -> int | None:
    """Verify as an auditor who has what sinks were given; return the number of records, None where there is no ledger."""
    try:
        reader = Reader(home.database)
    except NotFound:
        return None
    except VigilesError as error:
        found.append(f"cannot be read {when}: {error}")
        return 0
    try:
        entries, notes = list(reader.entries()), reader.checkpoints()
        if not entries:
            return 0
        report = verify(entries, notes, str(load_verifier(home)), elsewhere=elsewhere)
        problems = [*report.problems, *reader.damage()]
        # Nothing was signed yet: so it is said, and it is true.
        found += [f"{when}: {problem.what}" for problem in problems if notes or "nothing was signed" not in problem.what]
        return len(entries)
    except VigilesError as error:
        found.append(f"{when}: {error}")
        return 0
    finally:
        reader.close()


def _ids(home: Home) -> dict[str, tuple[int]]:
    reader = Reader(home.database)
    try:
        return {name: (index,) for index, name in reader.db.execute("SELECT idx, id FROM entries")}
    finally:
        reader.close()


def _body(home: Home, index: int) -> bytes | None:
    reader = Reader(home.database)
    try:
        row = reader.db.execute("SELECT body FROM entries WHERE idx = ?", (index,)).fetchone()
        return None if row is None else row[0]
    finally:
        reader.close()


@dataclass(frozen=True)
class Power:
    """The tools of this folder, for tests that cannot import this file."""

    record: Callable[..., Crashed] = record
    put: Callable[..., None] = put
    wrong: Callable[..., list[str]] = wrong
    neighbour: Callable[[str], ModuleType] = neighbour


@pytest.fixture(scope="session")
def power() -> Power:
    why = neighbour("recording").possible()
    if why is not None:
        pytest.skip(why)
    return Power()
