from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from vigiles.cli.notify import work
from vigiles.ledger.delivering import take_turn
from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid


def test_nobody_to_tell(home: Path) -> None:
    with pytest.raises(InputInvalid, match="nobody"):
        work.run(work.Options(home))


def test_one_at_a_time(home: Path) -> None:
    (home / "settings.toml").write_text('[notify.x]\nkind = "command"\nargv = ["/bin/true"]\n')
    turn = take_turn(Home(home).notify, 0)
    assert turn is not None
    with pytest.raises(InputInvalid, match="already"):
        work.run(work.Options(home, once=True))
    os.close(turn)
    assert work.run(work.Options(home, once=True)) == 0


def test_it_stays_until_it_is_stopped(shared_home: Path, start: Any, tmp_path: Path) -> None:
    from vigiles.ledger.sync_client import SyncRecorderClient

    got = tmp_path / "got"
    (shared_home / "settings.toml").write_text(
        f'[notify.x]\nkind = "command"\nleast = "info"\nargv = ["/bin/sh", "-c", "cat >> {got}"]\n'
    )
    process = start("notify", "work")
    deadline = time.monotonic() + 30
    while not (shared_home / "notify" / "x.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with SyncRecorderClient(shared_home, idle_exit_s=0.2):
        pass
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) != 0
