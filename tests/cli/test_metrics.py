from __future__ import annotations

import json
import signal
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from vigiles.cli import metrics
from vigiles.model.errors import InputInvalid


def test_once_and_into_a_file(home: Path, ledger: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger.find("ep-1")
    metrics.run(metrics.Options(home))
    told = capsys.readouterr().out
    assert 'vigiles_findings_total{rule="stratum.conversation",severity="medium"} 1' in told
    assert 'vigiles_incidents{severity="medium",state="open"} 1' in told
    metrics.run(metrics.Options(home, as_json=True))
    assert "vigiles_episodes_total" in json.loads(capsys.readouterr().out)["exposition"]
    metrics.run(metrics.Options(home, textfile=tmp_path / "vigiles.prom"))
    assert "vigiles_ledger_records 2" in (tmp_path / "vigiles.prom").read_text()
    assert [one.name for one in tmp_path.iterdir()] == ["vigiles.prom"]
    with pytest.raises(InputInvalid, match="cannot write"):
        metrics.run(metrics.Options(home, textfile=tmp_path / "none" / "x"))
    with pytest.raises(InputInvalid, match="two places"):
        metrics.run(metrics.Options(home, listen="127.0.0.1:0", textfile=tmp_path / "x"))


def test_listening_until_it_is_stopped(start: Any) -> None:
    process = start("metrics", "--listen", "127.0.0.1:0", "--json")
    where = json.loads(process.stdout.readline())["listening"]
    with urllib.request.urlopen(where, timeout=10) as answer:
        assert b"vigiles_ledger_records" in answer.read()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
