from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from vigiles.cli.incident.said import say


def test_a_reason_cannot_act_on_a_terminal(ledger: Any, capsys: pytest.CaptureFixture[str]) -> None:
    version = msgspec.structs.replace(ledger.find("ep-1"), state="suppressed", by="ann", note="\x1b[2J", expires_us=1)
    say(version, False)
    shown = capsys.readouterr().out
    assert "suppressed until 1970-01-01" in shown
    assert "\x1b" not in shown
    say(version, True)
    told = capsys.readouterr().out
    assert json.loads(told)["note"] == "\x1b[2J"
    assert told.isascii()
