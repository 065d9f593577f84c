"""The process itself: it delivers beside everything else, survives being killed, and goes when nobody needs it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.delivering import take_turn
from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid
from vigiles.runtime.notify.worker import Worker, start


def workers(home: Path) -> list[int]:
    """Workers of this home, by their command lines."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"vigiles.runtime.notify.worker" in words and str(home).encode() in words:
                found.append(int(entry.name))
    return found


def wait_for(what: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def worker(home: Path, settings: Any, receiving: Any) -> Iterator[Any]:
    settings(f'[notify.pager]\nkind = "webhook"\nurl = "{receiving.url}"\n')
    made: list[Worker] = []

    def begin() -> Worker:
        one = start(home)
        assert one is not None
        made.append(one)
        return one

    yield begin
    for one in made:
        one.close()
    wait_for(lambda: not workers(home))


def test_incidents_are_told_while_they_happen(worker: Any, ledger: Any, receiving: Any) -> None:
    worker()
    version = ledger.find()
    receiving.wait(1)
    assert receiving.told == [("incident.opened", version.id)]


def test_what_happens_before_it_stands_is_told_too(worker: Any, ledger: Any, receiving: Any, home: Path) -> None:
    held = take_turn(Home(home).notify, 0)
    assert held is not None
    worker()
    version = ledger.find()
    os.close(held)
    receiving.wait(1)
    assert receiving.told == [("incident.opened", version.id)]


def test_one_that_is_killed_in_a_delivery_loses_nothing(worker: Any, ledger: Any, receiving: Any, home: Path) -> None:
    receiving.slow_s = 1.0
    worker()
    first, second = ledger.find(), ledger.find(severity="high")
    receiving.wait(1)
    for pid in workers(home):  # the message is on its way, and no answer came yet
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not workers(home))
    receiving.slow_s = 0.0
    worker()
    receiving.wait(3)
    assert receiving.told == [
        ("incident.opened", first.id),
        ("incident.opened", first.id),
        ("incident.worse", second.id),
    ], "at least once, with the same id"


def test_it_tells_the_last_and_goes_when_its_supervisor_does(worker: Any, ledger: Any, receiving: Any, home: Path) -> None:
    one = worker()
    wait_for(lambda: workers(home))
    version = ledger.find()
    one.close()
    wait_for(lambda: not workers(home))
    assert receiving.told == [("incident.opened", version.id)]


def test_of_two_one_delivers_and_the_other_follows(worker: Any, ledger: Any, receiving: Any, home: Path) -> None:
    first, second = worker(), worker()
    ledger.find()
    receiving.wait(1)
    first.close()
    second_version = ledger.find(severity="critical")
    receiving.wait(2)
    assert receiving.told[1:] == [("incident.worse", second_version.id)]
    second.close()


def test_nobody_to_tell_no_process(home: Path, settings: Any) -> None:
    assert start(home) is None
    settings('[sinks.x]\nkind = "file"\npath = "/mnt/x"\n')
    assert start(home) is None
    settings('[notify.x]\nkind = "carrier pigeon"\n')
    with pytest.raises(InputInvalid):
        start(home)
