from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from vigiles.ledger.delivering import take_turn
from vigiles.ledger.home import Home
from vigiles.ledger.notes_file import read_notes


def run(home: Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """A sender that is woken and let go at once."""
    command = [sys.executable, "-P", "-m", "vigiles.ledger.sinks.sender", str(home)]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)


def test_it_delivers_and_leaves_when_its_input_ends(ledger: Any, signed: Any, tmp_path: Path) -> None:
    ledger.home.settings.write_text(f'[sinks.disk]\nkind = "file"\npath = "{tmp_path / "kept"}"\n')
    notes = signed(3)
    for given in (b"", b"xxx"):
        done = run(ledger.home.path, given)
        assert (done.returncode, done.stderr) == (0, b"")
    assert read_notes(tmp_path / "kept").whole == notes


def test_settings_that_became_wrong_are_told(ledger: Any) -> None:
    ledger.home.settings.write_text("[sinks.disk]\n")
    done = run(ledger.home.path)
    assert done.returncode == 100
    assert b"sinks.disk.kind" in done.stderr


def test_one_that_hangs_is_given_up_at_the_end(ledger: Any, signed: Any, serve: Any) -> None:
    server = serve(lambda path, body: (time.sleep(40), (200, "text/plain", b""))[1])
    ledger.home.settings.write_text(f'[sinks.hook]\nkind = "webhook"\nurl = "{server.url}"\n')
    signed(1)
    began = time.monotonic()
    assert run(ledger.home.path).returncode == 0
    assert time.monotonic() - began < 30


def test_two_do_not_deliver_at_once(home: Path) -> None:
    first = take_turn(Home(home).sinks, 0)
    assert first is not None
    assert take_turn(Home(home).sinks, 0.2) is None
    os.close(first)
    second = take_turn(Home(home).sinks, 0)
    assert second is not None
    os.close(second)
