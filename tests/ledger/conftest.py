"""What the ledger's tests share: a home, records of every interesting kind, and a ledger built in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings

from vigiles.ledger.book import Book
from vigiles.ledger.erasure import OPERATOR, sign_erasure
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_or_make
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.note import Signer
from vigiles.ledger.reader import Reader
from vigiles.ledger.store import Store
from vigiles.ledger.verify import Entry, Report, verify
from vigiles.ledger.wire import row_of
from vigiles.model.act import Act
from vigiles.model.attribution import NOBODY
from vigiles.model.coordinates import Coordinates
from vigiles.model.incident import Incident
from vigiles.model.observation.flow import Flow
from vigiles.model.principal import Principal
from vigiles.model.union import Recorded

# Property tests judge what is right, not how fast a busy machine is.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def act(number: int = 1, command: str = "true", run: str = "run-1", episode: str = "ep-1") -> Act:
    return Act(
        id=new_id("act"),
        at=now(),
        coordinates=Coordinates(run=run, episode=episode, turn=1, call=number),
        principal="agent",
        kind="tool_call",
        tool="bash",
        arguments={"command": command},
    )


def flow(host: str) -> Flow:
    return Flow(
        id=new_id("obs"),
        at=now(),
        coordinates=Coordinates(run="run-1", episode="ep-2", call=3),
        sensor="door",
        attribution=NOBODY,
        flow="flow-1",
        phase="close",
        via="connect",
        host=host,
        port=443,
    )


def incident() -> Incident:
    return Incident(
        id=new_id("rec"),
        at=now(),
        coordinates=Coordinates(run="run-1", episode="ep-1", model_version="m-7"),
        incident=new_id("inc"),
        version=1,
        state="open",
        severity="high",
        cause="tunnel",
        title="Reverse tunnel",
        findings=["fnd-1"],
        detectors=["reverse_tunnel"],
        techniques=["T1572"],
        calls=[1],
        occurred_us=1,
        aware_us=2,
    )


def principal(name: str, key: Ed25519PrivateKey | None = None) -> Principal:
    public = None if key is None else key.public_key().public_bytes_raw().hex()
    return Principal(id=new_id("rec"), at=now(), name=name, kind="person", key=public)


@dataclass
class Ledger:
    """A store and a key in this process, without a recorder."""

    home: Home
    book: Book
    signer: Signer

    def append(self, *records: Recorded) -> int:
        return self.book.append([row_of(record) for record in records])

    def erase(self, indices: Sequence[int], principal: str = OPERATOR, key: Ed25519PrivateKey | None = None) -> int:
        return self.book.erase(row_of(sign_erasure(indices, "asked for", principal, key or self.signer.private)))

    def raw(self) -> tuple[list[Entry], list[bytes]]:
        reader = Reader(self.home.database)
        try:
            return list(reader.entries()), reader.checkpoints()
        finally:
            reader.close()

    def verify(self) -> Report:
        entries, checkpoints = self.raw()
        return verify(entries, checkpoints, str(self.signer.verifier))

    def reopen(self) -> None:
        self.book.close()
        self.book = Book(Store(self.home.database), self.signer)


def make_ledger(path: Path) -> Ledger:
    home = Home(path)
    home.prepare()
    signer = load_or_make(home)
    return Ledger(home, Book(Store(home.database), signer), signer)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    made = make_ledger(home)
    yield made
    made.book.close()


@dataclass(frozen=True)
class Make:
    """The record makers, for tests that cannot import this file."""

    act: Callable[..., Act] = act
    flow: Callable[[str], Flow] = flow
    incident: Callable[[], Incident] = incident
    principal: Callable[..., Principal] = principal
    ledger: Callable[[Path], Ledger] = make_ledger


@pytest.fixture(scope="session")
def make() -> Make:
    return Make()
