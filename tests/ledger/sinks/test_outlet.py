"""Sinks that come, go and are written wrongly while the recorder runs: a real recorder, a real sender."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.home import Home
from vigiles.ledger.sinks.outlet import Outlet
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.errors import InputInvalid


def wait_for(condition: Callable[[], object], seconds: float = 25.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def name_sink(home: Path, where: Path) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    Home(home).settings.write_text(f'[sinks.disk]\nkind = "file"\npath = "{where}"\n')


def test_a_sink_named_while_the_recorder_runs_gets_the_next_checkpoint_and_another_after_it(
    home: Path, make: Any, tmp_path: Path
) -> None:
    with SyncRecorderClient(home) as client:
        client.append([make.act(1)])
        for number, where in enumerate((tmp_path / "first", tmp_path / "second"), 2):
            name_sink(home, where)
            client.append([make.act(number)])
            wait_for(where.exists)
        os.kill(client.recorder_pid, signal.SIGTERM)


def test_settings_made_unusable_are_complained_of_once_and_the_sinks_stay(home: Path, tmp_path: Path) -> None:
    home.mkdir(mode=0o700)
    said: list[str] = []
    outlet = Outlet(Home(home), said.append)
    name_sink(home, tmp_path / "kept")
    outlet.signed()
    before = outlet._waking
    assert before is not None
    Home(home).settings.write_text("[sinks.disk]\nkind = 7\n")
    outlet.signed()
    outlet.signed()
    assert outlet._waking is before
    assert len(said) == 1
    assert "stay what they were" in said[0]
    Home(home).settings.unlink()
    outlet.signed()
    assert outlet._waking is None
    assert before._process is not None
    before._process.wait(20)


def test_settings_that_cannot_be_used_stop_the_start(home: Path) -> None:
    home.mkdir(mode=0o700)
    Home(home).settings.write_text("[sinks.disk]\nkind = 7\n")
    with pytest.raises(InputInvalid):
        Outlet(Home(home), lambda text: None)
