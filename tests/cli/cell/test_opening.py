"""``vigiles cell open``: what it prints; tests/cli/cell/test_executing.py uses what it opens."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cell


def test_the_id_alone_stands_on_standard_output(start: Any, shared_home: Path) -> None:
    process = start("cell", "open")
    name = process.stdout.readline().decode().strip()
    assert (shared_home / "cells" / f"{name}.sock").exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert process.stdout.read() == b""
    assert b"0 calls, profile coding-agent, 0 files changed" in process.stderr.read()


def test_what_stops_a_start(vigiles: Any) -> None:
    assert vigiles("cell", "open", "--profile", "nowhere").returncode == 105
