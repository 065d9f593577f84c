from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.erasure import sign_erasure
from vigiles.ledger.home import Home
from vigiles.ledger.key import load_signer
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.errors import InputInvalid, NotFound


@pytest.fixture
def client(home: Path) -> Iterator[SyncRecorderClient]:
    with SyncRecorderClient(home) as client:
        yield client
        os.kill(client.recorder_pid, signal.SIGTERM)


def test_a_large_batch_goes_in_portions(client: SyncRecorderClient, make: Any) -> None:
    assert client.append([make.act(n, command="x" * 100_000) for n in range(90)]) == list(range(90))
    assert client.append([]) == []


def test_posts_and_appends_keep_their_order(client: SyncRecorderClient, home: Path, make: Any) -> None:
    records = [make.act(n) for n in range(9)]
    for record in records[:-1]:
        client.post(record)
    assert client.append(records[-1:]) == [8]
    with LedgerReader(home) as reader:
        assert [record for _, record in reader.records()] == records


def test_erasing(client: SyncRecorderClient, home: Path, make: Any) -> None:
    client.append([make.act(), make.act()])
    record = sign_erasure([0], "asked for", "operator", load_signer(Home(home)).private)
    assert client.erase(record) == 2
    with LedgerReader(home) as reader:
        assert reader.record(2) == record
        with pytest.raises(NotFound, match="erased"):
            reader.record(0)
    with pytest.raises(InputInvalid, match="no body"):
        client.erase(record)
    with pytest.raises(InputInvalid, match="not signed"):
        client.erase(sign_erasure([1], "r", "operator", Ed25519PrivateKey.generate()))
    with pytest.raises(InputInvalid, match="erase request"):
        client.append([record])
    assert client.append([make.act()]) == [3]


def test_what_is_sent_just_before_closing_is_not_lost(client: SyncRecorderClient, home: Path, make: Any) -> None:
    with SyncRecorderClient(home) as other:
        other.post(make.act())
    client.flush()
    with LedgerReader(home) as reader:
        assert len(list(reader.records())) == 1
